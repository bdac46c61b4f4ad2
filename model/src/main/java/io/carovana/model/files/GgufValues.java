package io.carovana.model.files;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Values of GGUF's key-value section. Arrays stay as raw bytes, so memory never exceeds the file.
 */
final class GgufValues {
  private static final int U8 = 0;
  private static final int I8 = 1;
  private static final int U16 = 2;
  private static final int I16 = 3;
  private static final int U32 = 4;
  private static final int I32 = 5;
  private static final int F32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;
  private static final int U64 = 10;
  private static final int I64 = 11;
  private static final int F64 = 12;

  static final int MAX_ARRAY_ELEMENTS = 1 << 24;
  static final int MAX_ARRAY_BYTES = 1 << 27;
  static final int MAX_STRING_BYTES = 1 << 26;

  /** A string as stored; UTF-8 is checked where it is used. */
  record Text(byte[] utf8) {}

  /**
   * An array as stored.
   *
   * @param type element type
   * @param count elements
   * @param bytes strings with their lengths one after another, numbers little-endian
   */
  record Array(int type, int count, byte[] bytes) {
    boolean isStrings() {
      return type == STRING;
    }

    boolean isIntegers() {
      return type != F32 && type != F64 && type != STRING && type != BOOL;
    }

    boolean isFloats() {
      return type == F32 || type == F64;
    }

    byte[][] texts() {
      ByteBuffer buffer = buffer();
      byte[][] texts = new byte[count][];
      for (int i = 0; i < count; i++) {
        texts[i] = new byte[(int) buffer.getLong()];
        buffer.get(texts[i]);
      }
      return texts;
    }

    long[] integers() {
      ByteBuffer buffer = buffer();
      long[] values = new long[count];
      for (int i = 0; i < count; i++) {
        values[i] = integer(buffer, type);
      }
      return values;
    }

    double[] floats() {
      ByteBuffer buffer = buffer();
      double[] values = new double[count];
      for (int i = 0; i < count; i++) {
        values[i] = type == F32 ? buffer.getFloat() : buffer.getDouble();
      }
      return values;
    }

    private ByteBuffer buffer() {
      return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  private GgufValues() {}

  /** The value of {@code key}: Long, Double, Boolean, {@link Text} or {@link Array}. */
  static Object read(BoundedInput in, String key) {
    int type = in.i32(key);
    return switch (type) {
      case U8 -> (long) in.u8(key);
      case I8 -> (long) (byte) in.u8(key);
      case U16 -> (long) (in.i16(key) & 0xFFFF);
      case I16 -> (long) in.i16(key);
      case U32 -> Integer.toUnsignedLong(in.i32(key));
      case I32 -> (long) in.i32(key);
      case U64 -> unsigned(in, key);
      case I64 -> in.i64(key);
      case F32 -> (double) Float.intBitsToFloat(in.i32(key));
      case F64 -> Double.longBitsToDouble(in.i64(key));
      case BOOL -> bool(in, key);
      case STRING -> new Text(in.bytes(length(in, key), key));
      case ARRAY -> array(in, key);
      default -> throw unknownType(in, key, type);
    };
  }

  private static long unsigned(BoundedInput in, String key) {
    long value = in.i64(key);
    if (value < 0) {
      throw new ModelException.Malformed(
          in.file(), key, "is " + Long.toUnsignedString(value) + ", more than any size here");
    }
    return value;
  }

  private static Boolean bool(BoundedInput in, String key) {
    int value = in.u8(key);
    if (value > 1) {
      throw new ModelException.Malformed(in.file(), key, "is a boolean of value " + value);
    }
    return value == 1;
  }

  private static long length(BoundedInput in, String key) {
    long length = in.i64(key);
    in.require(length, 1, key);
    if (length > MAX_STRING_BYTES) {
      throw new ModelException.Malformed(
          in.file(), key, "is a string of " + length + " bytes, limit " + MAX_STRING_BYTES);
    }
    return length;
  }

  private static Array array(BoundedInput in, String key) {
    int type = in.i32(key);
    int bytesEach = elementBytes(in, key, type);
    long count = in.i64(key);
    in.require(count, bytesEach, key);
    if (count > MAX_ARRAY_ELEMENTS) {
      throw new ModelException.Malformed(
          in.file(), key, "is an array of " + count + ", limit " + MAX_ARRAY_ELEMENTS);
    }
    byte[] bytes =
        type == STRING ? strings(in, key, (int) count) : in.bytes(count * bytesEach, key);
    return new Array(type, (int) count, bytes);
  }

  /** The bytes of {@code count} strings with their length fields, each checked. */
  private static byte[] strings(BoundedInput in, String key, int count) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteBuffer lengthField = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      long length = length(in, key);
      if (length > MAX_ARRAY_BYTES - out.size() - lengthField.capacity()) {
        throw new ModelException.Malformed(
            in.file(), key, "is an array of more than " + MAX_ARRAY_BYTES + " bytes");
      }
      out.writeBytes(lengthField.putLong(0, length).array());
      out.writeBytes(in.bytes(length, key));
    }
    return out.toByteArray();
  }

  private static int elementBytes(BoundedInput in, String key, int type) {
    return switch (type) {
      case U8, I8, BOOL -> 1;
      case U16, I16 -> 2;
      case U32, I32, F32 -> 4;
      case U64, I64, F64, STRING -> 8;
      case ARRAY -> throw new ModelException.Unsupported(in.file(), key, "is an array of arrays");
      default -> throw unknownType(in, key, type);
    };
  }

  private static long integer(ByteBuffer buffer, int type) {
    return switch (type) {
      case U8 -> Byte.toUnsignedInt(buffer.get());
      case I8 -> buffer.get();
      case U16 -> Short.toUnsignedInt(buffer.getShort());
      case I16 -> buffer.getShort();
      case U32 -> Integer.toUnsignedLong(buffer.getInt());
      case I32 -> buffer.getInt();
      default -> buffer.getLong();
    };
  }

  private static ModelException unknownType(BoundedInput in, String key, int type) {
    return new ModelException.Malformed(
        in.file(), key, "has the unknown value type " + Integer.toUnsignedString(type));
  }
}
