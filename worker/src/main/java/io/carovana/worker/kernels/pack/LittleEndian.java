package io.carovana.worker.kernels.pack;

import io.carovana.worker.kernels.NonFiniteException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Reads of little-endian words, and of numbers that must be finite. */
final class LittleEndian {
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle FLOAT =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int F16_EXPONENT = 0x7c00;
  private static final int BF16_EXPONENT = 0x7f80;

  private LittleEndian() {}

  /** Eight bytes. */
  static long word(byte[] raw, int at) {
    return (long) LONG.get(raw, at);
  }

  /** Four bytes. */
  static int word32(byte[] raw, int at) {
    return (int) INT.get(raw, at);
  }

  static short f16(byte[] raw, int at) {
    return finite((short) SHORT.get(raw, at), F16_EXPONENT);
  }

  static short bf16(byte[] raw, int at) {
    return finite((short) SHORT.get(raw, at), BF16_EXPONENT);
  }

  static float f32(byte[] raw, int at) {
    float value = (float) FLOAT.get(raw, at);
    if (!Float.isFinite(value)) {
      throw new NonFiniteException("weights");
    }
    return value;
  }

  private static short finite(short bits, int exponent) {
    if ((bits & exponent) == exponent) {
      throw new NonFiniteException("weights");
    }
    return bits;
  }
}
