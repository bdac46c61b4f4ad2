package io.carovana.worker.sampling;

/**
 * Draws a token from a row of logits: temperature, then the nucleus of mass top-p, which keeps the
 * token that crosses it, as the code released with Llama does (a token is dropped when the mass
 * before it exceeds top-p). A pure function of its arguments; it keeps scratch space only. Not for
 * several threads at once.
 */
public final class Sampler {
  private final Ranking ranking;
  private final int[] keptIds;
  private final double[] keptWeights;

  /** For rows of at most {@code vocabulary} logits. */
  public Sampler(int vocabulary) {
    ranking = new Ranking(vocabulary);
    keptIds = new int[vocabulary];
    keptWeights = new double[vocabulary];
  }

  /** The id of the largest logit; ties go to the lowest id. */
  public static int argmax(float[] logits, int offset, int count) {
    int best = 0;
    for (int id = 1; id < count; id++) {
      if (logits[offset + id] > logits[offset + best]) {
        best = id;
      }
    }
    return best;
  }

  /**
   * Draws a token for {@code position}.
   *
   * @param logits finite logits
   * @param offset where the row begins
   * @param count its length
   * @param temperature 0 takes the largest logit
   * @param topP nucleus mass, (0, 1]
   * @param seed seed of the request
   * @param choice number of the choice
   * @param position position the token will take in the sequence
   */
  public int sample(
      float[] logits,
      int offset,
      int count,
      float temperature,
      float topP,
      long seed,
      int choice,
      int position) {
    if (temperature == 0) {
      return argmax(logits, offset, count);
    }
    int kept = keepNucleus(logits, offset, count, temperature, topP);
    double mass = 0;
    for (int i = 0; i < kept; i++) {
      mass += keptWeights[i];
    }
    double target = CounterRandom.uniform(seed, choice, position) * mass;
    double running = 0;
    for (int i = 0; i < kept; i++) {
      running += keptWeights[i];
      if (running > target) {
        return keptIds[i];
      }
    }
    return keptIds[0]; // only when rounding put the target at the whole mass
  }

  /** Fills {@link #keptIds} and {@link #keptWeights}, best first; returns how many are kept. */
  private int keepNucleus(float[] logits, int offset, int count, double temperature, float topP) {
    double max = LogSoftmax.max(logits, offset, count);
    double total = 0;
    for (int id = 0; id < count; id++) {
      total += weight(logits[offset + id], max, temperature);
    }
    ranking.fill(logits, offset, count);
    double limit = topP * total;
    double before = 0;
    int kept = 0;
    while (ranking.remaining() > 0 && before <= limit) {
      int id = ranking.next();
      keptIds[kept] = id;
      keptWeights[kept] = weight(logits[offset + id], max, temperature);
      before += keptWeights[kept++];
    }
    return kept;
  }

  /**
   * The ids of the {@code top} largest logits, best first, and their log-probabilities.
   *
   * @return how many there are, at most {@code count}
   */
  public int top(
      float[] logits,
      int offset,
      int count,
      int top,
      float max,
      double logSum,
      int[] ids,
      float[] logprobs,
      int at) {
    if (top == 0) {
      return 0;
    }
    ranking.fill(logits, offset, count);
    int found = Math.min(top, count);
    for (int i = 0; i < found; i++) {
      int id = ranking.next();
      ids[at + i] = id;
      logprobs[at + i] = LogSoftmax.of(logits[offset + id], max, logSum);
    }
    return found;
  }

  private static double weight(float logit, double max, double temperature) {
    return StrictMath.exp((logit - max) / temperature);
  }
}
