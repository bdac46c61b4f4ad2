package io.carovana.worker.kernels;

import io.carovana.model.Numerics;

/**
 * KV pages of profile f32: keys {@code [page][headDim][32 positions]}, so that lanes are keys;
 * values {@code [page][32 positions][headDim]}. Every head has arrays of its own, so that a long
 * sequence in neighbouring pages is one stretch of memory.
 *
 * @param shape the heads
 * @param keys keys by head
 * @param values values by head
 */
public record FloatPages(AttentionShape shape, float[][] keys, float[][] values) implements KvView {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;

  /** Empty pages. */
  static FloatPages allocate(AttentionShape shape, int pages) {
    int floats = Math.multiplyExact(Math.multiplyExact(pages, PAGE), shape.headDim());
    int heads = shape.kvHeads();
    return new FloatPages(shape, new float[heads][floats], new float[heads][floats]);
  }

  /** Index of dimension 0 of a page's first key; dimension d follows {@code 32 * d} later. */
  public int keyIndex(int page) {
    return page * PAGE * shape.headDim();
  }

  /** Index of dimension 0 of a slot's value. */
  public int valueIndex(int page, int slot) {
    return (page * PAGE + slot) * shape.headDim();
  }

  @Override
  public void store(int page, int slot, float[] k, int keysAt, float[] v, int valuesAt) {
    int headDim = shape.headDim();
    for (int head = 0; head < shape.kvHeads(); head++) {
      float[] to = keys[head];
      int at = keyIndex(page) + slot;
      for (int d = 0; d < headDim; d++) {
        to[at + d * PAGE] = k[keysAt + head * headDim + d];
      }
      System.arraycopy(v, valuesAt + head * headDim, values[head], valueIndex(page, slot), headDim);
    }
  }
}
