package io.carovana.coordinator.placement;

import io.carovana.model.quant.Precision;
import java.util.List;

/**
 * What the operator asked for.
 *
 * @param ranks workers a placement takes
 * @param stages pipeline stages
 * @param split relative sizes of the ranks of a stage; empty for an even split
 * @param precision what weights and KV cache are held in
 * @param context longest sequence, tokens; 0 for what fits
 * @param maxStepTokens rows of the largest step
 * @param maxSequences most sequences running at once
 */
public record PlacementRules(
    int ranks,
    int stages,
    List<Double> split,
    Precision precision,
    int context,
    int maxStepTokens,
    int maxSequences) {
  /** Checks that ranks, stages and split agree; names the option that does not. */
  public PlacementRules {
    split = List.copyOf(split);
    if (ranks < 1 || stages < 1 || ranks % stages != 0) {
      throw new IllegalArgumentException(
          "--min-workers " + ranks + " cannot be divided into --stages " + stages);
    }
    if (!split.isEmpty() && split.size() != ranks / stages) {
      throw new IllegalArgumentException(
          "--split names "
              + split.size()
              + " sizes, but each of "
              + stages
              + " stages has "
              + ranks / stages
              + " ranks (--min-workers "
              + ranks
              + ")");
    }
    if (context < 0) {
      throw new IllegalArgumentException("--context must not be negative, is " + context);
    }
  }

  /** Relative sizes of the ranks of one stage. */
  double[] stageWeights() {
    double[] weights = new double[ranks / stages];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = split.isEmpty() ? 1 : split.get(i);
    }
    return weights;
  }
}
