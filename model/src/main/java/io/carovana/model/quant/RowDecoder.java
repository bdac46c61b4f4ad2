package io.carovana.model.quant;

import io.carovana.model.files.WeightType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Turns stored rows into floats, in the operation order of gguf-py ({@code scale * code}, then
 * minus the minimum), so the results are bit for bit the same. Holds scratch: one per thread.
 */
public final class RowDecoder {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int LARGEST_BLOCK = 256;
  private static final int MOST_SUB_BLOCKS = 16;

  private final byte[] codes = new byte[LARGEST_BLOCK];
  private final float[] scales = new float[MOST_SUB_BLOCKS];
  private final float[] minima = new float[MOST_SUB_BLOCKS];

  /**
   * Decodes {@code count} weights.
   *
   * @param source stored bytes; the first block begins at {@code offset}
   * @param count a whole number of blocks
   */
  public void decode(
      WeightType type, MemorySegment source, long offset, float[] out, int outOffset, int count) {
    switch (type) {
      case F32 -> MemorySegment.copy(source, FLOAT, offset, out, outOffset, count);
      case F16 -> {
        for (int i = 0; i < count; i++) {
          out[outOffset + i] = Float.float16ToFloat(source.get(SHORT, offset + 2L * i));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          out[outOffset + i] = Float.intBitsToFloat(source.get(SHORT, offset + 2L * i) << 16);
        }
      }
      case Q4_0, Q8_0, Q4_K, Q5_K, Q6_K ->
          decodeBlocks(type, source, offset, out, outOffset, count);
    }
  }

  private void decodeBlocks(
      WeightType type, MemorySegment source, long offset, float[] out, int outOffset, int count) {
    int elements = type.blockElements();
    if (count % elements != 0) {
      throw new IllegalArgumentException(count + " weights cut a " + type + " block");
    }
    int subBlock = Blocks.subBlock(type);
    boolean minimum = Blocks.hasMinimum(type);
    for (int block = 0; block < count / elements; block++) {
      Blocks.decode(type, source, offset + (long) block * type.blockBytes(), codes, scales, minima);
      int base = outOffset + block * elements;
      for (int i = 0; i < elements; i++) {
        float product = scales[i / subBlock] * codes[i];
        out[base + i] = minimum ? product - minima[i / subBlock] : product;
      }
    }
  }
}
