package io.carovana.worker.kernels;

import io.carovana.model.Numerics;
import io.carovana.model.quant.KvProfile;

/**
 * KV pages of profile q8 (rule 7): a byte per element, and an f32 scale per head's key and per
 * head's value. The element that a dot product runs along lies in fours, as integer matrix units
 * want it: keys {@code [page][headDim / 4][32 positions][4]}, the last four padded with zeros;
 * values {@code [page][32 positions / 4][headDim][4]}. A key's dimension and a value's position are
 * the fastest index. Every head has arrays of its own, so that a long sequence in neighbouring
 * pages is one stretch of memory.
 *
 * @param shape the heads
 * @param keys key codes by head
 * @param values value codes by head
 * @param keyScales scales of keys by head, {@code [page][32]}
 * @param valueScales scales of values by head, {@code [page][32]}
 */
public record QuantizedPages(
    AttentionShape shape,
    byte[][] keys,
    byte[][] values,
    float[][] keyScales,
    float[][] valueScales)
    implements KvView {
  /** Elements that lie together. */
  public static final int FOUR = KvProfile.KEY_DIMS;

  private static final int PAGE = Numerics.KV_PAGE_TOKENS;

  /** Empty pages. */
  static QuantizedPages allocate(AttentionShape shape, int pages) {
    if (shape.headDim() > KvProfile.Q8.maxHeadDim()) {
      throw new IllegalArgumentException(
          "a KV cache in q8 takes heads of at most %d elements, not %d"
              .formatted(KvProfile.Q8.maxHeadDim(), shape.headDim()));
    }
    int heads = shape.kvHeads();
    int positions = Math.multiplyExact(pages, PAGE);
    return new QuantizedPages(
        shape,
        new byte[heads][Math.multiplyExact(positions, keyDims(shape))],
        new byte[heads][Math.multiplyExact(positions, shape.headDim())],
        new float[heads][positions],
        new float[heads][positions]);
  }

  /** Dimensions of a stored key: whole fours. */
  public static int keyDims(AttentionShape shape) {
    return Math.ceilDiv(shape.headDim(), FOUR) * FOUR;
  }

  /** Index of a page's keys. */
  public int keyIndex(int page) {
    return page * PAGE * keyDims(shape);
  }

  /** Index of dimension {@code d} of a slot's key; the other three of its four are neighbours. */
  public int keyIndex(int page, int slot, int d) {
    return keyIndex(page) + d / FOUR * FOUR * PAGE + slot * FOUR + d % FOUR;
  }

  /** Index of a page's values. */
  public int valueIndex(int page) {
    return page * PAGE * shape.headDim();
  }

  /** Index of dimension {@code d} of a slot's value; the other three slots of its four follow. */
  public int valueIndex(int page, int slot, int d) {
    return valueIndex(page) + slot / FOUR * FOUR * shape.headDim() + d * FOUR + slot % FOUR;
  }

  /** Index of the scale of a page's first slot. */
  public int scaleIndex(int page) {
    return page * PAGE;
  }

  @Override
  public void store(int page, int slot, float[] k, int keysAt, float[] v, int valuesAt) {
    int headDim = shape.headDim();
    int scale = scaleIndex(page) + slot;
    for (int head = 0; head < shape.kvHeads(); head++) {
      int from = head * headDim;
      keyScales[head][scale] =
          store(keys[head], keyIndex(page, slot, 0), FOUR * PAGE, 1, k, keysAt + from);
      valueScales[head][scale] =
          store(values[head], valueIndex(page, slot, 0), FOUR * FOUR, FOUR, v, valuesAt + from);
    }
  }

  /**
   * Stores one vector's codes and returns its scale.
   *
   * @param fourStride bytes from a four of dimensions to the next
   * @param stride bytes from a dimension to the next of its four
   */
  private float store(byte[] codes, int at, int fourStride, int stride, float[] x, int from) {
    int headDim = shape.headDim();
    float largest = Int8.largest(x, from, headDim, "kv");
    float factor = Int8.factor(largest);
    for (int d = 0; d < headDim; d++) {
      codes[at + d / FOUR * fourStride + d % FOUR * stride] = (byte) Int8.code(x[from + d], factor);
    }
    return Int8.scale(largest);
  }
}
