package io.carovana.worker.kernels;

import io.carovana.model.Numerics;
import java.lang.foreign.MemorySegment;

/**
 * KV pages of profile bf16. Of 32 neighbours, i and i + 16 lie together, so that one load of 16
 * pairs, a shift and a mask widen them all. Neighbours are a page's 32 keys in a dimension, and 32
 * dimensions of a value; what is left of a value after whole 32s is in plain order.
 *
 * @param shape the heads
 * @param keys keys by head, {@code [page][headDim][16 pairs of positions][2]}
 * @param values values by head, {@code [page][32 positions][headDim / 32][16 pairs][2]}, then the
 *     rest of a position
 */
public record Bf16Pages(AttentionShape shape, short[][] keys, short[][] values)
    implements FloatPages {
  /** Neighbours that lie in pairs. */
  public static final int PAIRED = 32;

  private static final int PAIRS = PAIRED / 2;
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;

  /** Empty pages. */
  static Bf16Pages allocate(AttentionShape shape, int pages) {
    int elements = FloatPages.elements(shape, pages);
    int heads = shape.kvHeads();
    return new Bf16Pages(shape, new short[heads][elements], new short[heads][elements]);
  }

  /** How many of a value's dimensions lie in pairs. */
  public int pairedDims() {
    return shape.headDim() / PAIRED * PAIRED;
  }

  @Override
  public void store(int page, int slot, float[] k, int keysAt, float[] v, int valuesAt) {
    int headDim = shape.headDim();
    for (int head = 0; head < shape.kvHeads(); head++) {
      int from = head * headDim;
      for (int d = 0; d < headDim; d++) {
        keys[head][keyIndex(page, slot, d)] = Bf16.round(k[keysAt + from + d], "kv");
        values[head][valueIndex(page, slot, d)] = Bf16.round(v[valuesAt + from + d], "kv");
      }
    }
  }

  @Override
  public float key(int head, int page, int slot, int d) {
    return Bf16.widen(keys[head][keyIndex(page, slot, d)]);
  }

  @Override
  public float value(int head, int page, int slot, int d) {
    return Bf16.widen(values[head][valueIndex(page, slot, d)]);
  }

  private int keyIndex(int page, int slot, int d) {
    return keyIndex(page) + d * PAGE + paired(slot);
  }

  private int valueIndex(int page, int slot, int d) {
    return valueIndex(page, slot)
        + (d < pairedDims() ? d / PAIRED * PAIRED + paired(d % PAIRED) : d);
  }

  /** Where the neighbour {@code i} of 32 lies. */
  private static int paired(int i) {
    return i % PAIRS * 2 + i / PAIRS;
  }

  @Override
  public int elementBytes() {
    return Short.BYTES;
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
