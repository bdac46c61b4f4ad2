package io.carovana.worker.kernels;

import io.carovana.model.Numerics;

/**
 * KV pages of profile f32: keys {@code [kvHead][headDim][32 positions]}, so that lanes are keys;
 * values {@code [kvHead][32 positions][headDim]}.
 *
 * @param shape the heads
 * @param keyPages key pages by number, each {@link #pageFloats} long
 * @param valuePages value pages by number
 */
public record FloatPages(AttentionShape shape, float[][] keyPages, float[][] valuePages)
    implements KvView {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;

  /** Empty pages. */
  static FloatPages allocate(AttentionShape shape, int pages) {
    int floats = pageFloats(shape);
    return new FloatPages(shape, new float[pages][floats], new float[pages][floats]);
  }

  /** Floats of a key page, and of a value page. */
  public static int pageFloats(AttentionShape shape) {
    return Math.multiplyExact(shape.kvHeads() * shape.headDim(), PAGE);
  }

  /** Index of dimension 0 of slot 0's key; dimension d follows {@code 32 * d} later. */
  public int keyIndex(int kvHead) {
    return kvHead * shape.headDim() * PAGE;
  }

  /** Index of dimension 0 of a value. */
  public int valueIndex(int kvHead, int slot) {
    return (kvHead * PAGE + slot) * shape.headDim();
  }

  @Override
  public void store(int page, int slot, float[] keys, int keysAt, float[] values, int valuesAt) {
    float[] keyPage = keyPages[page];
    int headDim = shape.headDim();
    for (int i = 0; i < shape.kvHeads() * headDim; i++) {
      keyPage[i * PAGE + slot] = keys[keysAt + i];
    }
    for (int head = 0; head < shape.kvHeads(); head++) {
      int at = valueIndex(head, slot);
      System.arraycopy(values, valuesAt + head * headDim, valuePages[page], at, headDim);
    }
  }
}
