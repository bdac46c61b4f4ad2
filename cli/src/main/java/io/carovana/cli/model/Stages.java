package io.carovana.cli.model;

import io.carovana.cli.config.ConfigException;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
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
}
