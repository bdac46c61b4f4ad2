package io.carovana.model.memory;

import io.carovana.model.Numerics;

/**
 * What the KV cache is to hold at the same time.
 *
 * @param context positions of each sequence
 * @param sequences how many there are
 */
public record KvDemand(int context, int sequences) {
  /** Refuses a negative number. */
  public KvDemand {
    if (context < 0 || sequences < 0) {
      throw new IllegalArgumentException(
          "a KV cache cannot hold " + sequences + " sequences of " + context + " positions");
    }
  }

  /** Pages of all; a page belongs to one sequence. */
  public long pages() {
    return pagesOf(context) * sequences;
  }

  /** Pages of one sequence of {@code context} positions. */
  static long pagesOf(int context) {
    return Math.ceilDiv((long) context, Numerics.KV_PAGE_TOKENS);
  }
}
