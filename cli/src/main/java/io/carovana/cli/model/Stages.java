package io.carovana.cli.model;

import io.carovana.cli.config.ConfigException;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.shard.TooManyPartsException;
import java.util.Collections;
import java.util.List;

/** How workers are arranged in stages. */
public final class Stages {
  private Stages() {}

  /**
   * Relative sizes of the ranks of each stage, {@code [stages][ranks]}.
   *
   * @throws ConfigException if workers, stages and split contradict each other
   */
  public static List<double[]> weights(Settings settings) {
    int workers = settings.requireInteger(Setting.WORKERS);
    int stages = settings.requireInteger(Setting.STAGES);
    List<Double> split = settings.ratios(Setting.SPLIT);
    if (workers % stages != 0) {
      throw new ConfigException(
          workers
              + " workers cannot be shared evenly by "
              + stages
              + " stages; --workers must be a multiple of --stages.");
    }
    int ranks = workers / stages;
    if (!split.isEmpty() && split.size() != ranks) {
      throw new ConfigException(
          "--split names %d ranks, but every stage has %d (--workers %d, --stages %d)."
              .formatted(split.size(), ranks, workers, stages));
    }
    double[] weights = new double[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      weights[rank] = split.isEmpty() ? 1 : split.get(rank);
    }
    return Collections.nCopies(stages, weights);
  }

  /**
   * The refusal of a cut, with the flag to change.
   *
   * @param flag which says how many ranks there are, such as {@code --workers}
   * @param most the most it may say, such as {@code --workers 4}
   */
  public static ConfigException tooMany(TooManyPartsException cut, String flag, String most) {
    return new ConfigException(
        cut.pieces().equals(ShardPlan.LAYERS)
            ? "--stages %d is more than the %d layers of this model: at most --stages %d."
                .formatted(cut.parts(), cut.most(), cut.most())
            : "%s gives a stage %d ranks, and this model has %d %s to share among them: at most %s."
                .formatted(flag, cut.parts(), cut.most(), cut.pieces(), most));
  }
}
