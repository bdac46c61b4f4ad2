package io.carovana.worker.kernels;

import io.carovana.model.Numerics;

/**
 * The heads of one rank and the layout of a KV page of {@link Numerics#KV_PAGE_TOKENS} positions:
 * keys {@code [kvHead][headDim][32 positions]}, so that lanes are keys; values {@code [kvHead][32
 * positions][headDim]}.
 *
 * @param kvHeads this rank's KV heads
 * @param group query heads per KV head
 * @param headDim width of a head
 */
public record AttentionShape(int kvHeads, int group, int headDim) {
  /** Refuses empty shapes. */
  public AttentionShape {
    if (kvHeads < 1 || group < 1 || headDim < 1) {
      throw new IllegalArgumentException(
          "not an attention shape: " + kvHeads + " x " + group + " x " + headDim);
    }
  }

  /** Floats of a key page, and of a value page. */
  public int pageFloats() {
    return Math.multiplyExact(kvHeads * headDim, Numerics.KV_PAGE_TOKENS);
  }

  /** Index of dimension 0 of slot 0's key; dimension d follows {@code 32 * d} later. */
  public int keyIndex(int kvHead) {
    return kvHead * headDim * Numerics.KV_PAGE_TOKENS;
  }

  /** Index of dimension 0 of a value. */
  public int valueIndex(int kvHead, int slot) {
    return (kvHead * Numerics.KV_PAGE_TOKENS + slot) * headDim;
  }

  /**
   * Stores one position's keys and values.
   *
   * @param slot position modulo the page size
   * @param keys all KV heads' keys {@code [kvHeads * headDim]} from {@code keysAt}, rotated
   * @param values likewise
   */
  public void store(
      float[] keyPage,
      float[] valuePage,
      int slot,
      float[] keys,
      int keysAt,
      float[] values,
      int valuesAt) {
    for (int i = 0; i < kvHeads * headDim; i++) {
      keyPage[i * Numerics.KV_PAGE_TOKENS + slot] = keys[keysAt + i];
    }
    for (int head = 0; head < kvHeads; head++) {
      System.arraycopy(
          values, valuesAt + head * headDim, valuePage, valueIndex(head, slot), headDim);
    }
  }

  /** What dot products are multiplied by: the square root's reciprocal, rounded to f32. */
  public float scoreScale() {
    return (float) (1.0 / Math.sqrt(headDim));
  }
}
