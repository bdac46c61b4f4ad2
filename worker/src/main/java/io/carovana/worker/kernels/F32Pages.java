package io.carovana.worker.kernels;

import io.carovana.model.Numerics;
import java.lang.foreign.MemorySegment;

/**
 * KV pages of profile f32.
 *
 * @param shape the heads
 * @param keys keys by head, {@code [page][headDim][32 positions]}
 * @param values values by head, {@code [page][32 positions][headDim]}
 */
public record F32Pages(AttentionShape shape, float[][] keys, float[][] values)
    implements FloatPages {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;

  /** Empty pages. */
  static F32Pages allocate(AttentionShape shape, int pages) {
    int floats = FloatPages.elements(shape, pages);
    int heads = shape.kvHeads();
    return new F32Pages(shape, new float[heads][floats], new float[heads][floats]);
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

  @Override
  public float key(int head, int page, int slot, int d) {
    return keys[head][keyIndex(page) + d * PAGE + slot];
  }

  @Override
  public float value(int head, int page, int slot, int d) {
    return values[head][valueIndex(page, slot) + d];
  }

  @Override
  public int elementBytes() {
    return Float.BYTES;
  }

  @Override
  public MemorySegment keySegment(int head) {
    return MemorySegment.ofArray(keys[head]);
  }

  @Override
  public MemorySegment valueSegment(int head) {
    return MemorySegment.ofArray(values[head]);
  }
}
