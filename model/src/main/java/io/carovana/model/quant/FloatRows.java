package io.carovana.model.quant;

import io.carovana.model.files.WeightType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Widens stored floats to f32, exactly. */
public final class FloatRows {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private FloatRows() {}

  /**
   * Widens {@code count} weights that begin at {@code offset}.
   *
   * @param type F32, F16 or BF16
   * @throws IllegalArgumentException for a type of blocks
   */
  public static void decode(
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
      case Q4_0, Q8_0, Q4_K, Q5_K, Q6_K, I32 ->
          throw new IllegalArgumentException(type + " is not a float type");
    }
  }
}
