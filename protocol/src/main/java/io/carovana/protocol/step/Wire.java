package io.carovana.protocol.step;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Checked reads shared by the codecs. */
final class Wire {
  private Wire() {}

  static void requireLittleEndian(ByteBuffer buffer) {
    if (buffer.order() != ByteOrder.LITTLE_ENDIAN) {
      throw new IllegalArgumentException("the buffer must be little-endian");
    }
  }

  static void require(ByteBuffer in, int bytes, String what) throws StepFormatException {
    if (in.remaining() < bytes) {
      throw new StepFormatException(
          what + " needs " + bytes + " bytes, " + in.remaining() + " remain");
    }
  }

  static void requireEnd(ByteBuffer in, String what) throws StepFormatException {
    if (in.hasRemaining()) {
      throw new StepFormatException(in.remaining() + " bytes after the end of the " + what);
    }
  }

  /** A count of items of at least {@code itemBytes} that the remaining bytes can hold. */
  static int count(ByteBuffer in, int count, int itemBytes, String what)
      throws StepFormatException {
    if (count < 0 || (long) count * itemBytes > in.remaining()) {
      throw new StepFormatException(
          count + " " + what + " do not fit in the remaining " + in.remaining() + " bytes");
    }
    return count;
  }

  static int inRange(int value, int min, int max, String what) throws StepFormatException {
    if (value < min || value > max) {
      throw new StepFormatException(what + " is " + value + ", outside [" + min + ", " + max + "]");
    }
    return value;
  }

  static int flags(byte value, int known, String what) throws StepFormatException {
    if ((value & ~known) != 0) {
      throw new StepFormatException(
          "unknown flags 0x" + Integer.toHexString(value) + " of " + what);
    }
    return value;
  }

  static void putInts(ByteBuffer out, int[] values, int count) {
    for (int i = 0; i < count; i++) {
      out.putInt(values[i]);
    }
  }

  static void getInts(ByteBuffer in, int[] values, int count, String what)
      throws StepFormatException {
    count(in, count, 4, what);
    for (int i = 0; i < count; i++) {
      values[i] = in.getInt();
    }
  }

  static void putFloats(ByteBuffer out, float[] values, int count) {
    for (int i = 0; i < count; i++) {
      out.putFloat(values[i]);
    }
  }

  static void getFloats(ByteBuffer in, float[] values, int count, String what)
      throws StepFormatException {
    count(in, count, 4, what);
    for (int i = 0; i < count; i++) {
      values[i] = in.getFloat();
    }
  }
}
