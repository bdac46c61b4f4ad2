package io.carovana.worker.sampling;

/**
 * Log-probabilities at temperature 1: {@code (l - max) - log(sum of exp(l - max))}, in double, ids
 * ascending, with StrictMath's exp and log, so they are the same on every machine.
 */
public final class LogSoftmax {
  private LogSoftmax() {}

  /** The largest of the {@code count} logits at {@code offset}. */
  public static float max(float[] logits, int offset, int count) {
    float max = Float.NEGATIVE_INFINITY;
    for (int id = 0; id < count; id++) {
      max = Math.max(max, logits[offset + id]);
    }
    return max;
  }

  /**
   * What is subtracted from a logit to give its log-probability, split in two so that neither part
   * is rounded: this one is {@code log(sum of exp(l - max))}.
   */
  public static double logSum(float[] logits, int offset, int count, float max) {
    double sum = 0;
    for (int id = 0; id < count; id++) {
      sum += StrictMath.exp((double) logits[offset + id] - max);
    }
    return StrictMath.log(sum);
  }

  /** The log-probability of {@code logit}. */
  public static float of(float logit, float max, double logSum) {
    return (float) (((double) logit - max) - logSum);
  }
}
