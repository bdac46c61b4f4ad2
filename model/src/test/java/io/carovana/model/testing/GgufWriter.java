package io.carovana.model.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes GGUF files, also wrong ones: counts, dimensions, types and offsets can be overridden. Keys
 * and tensors are written in the order they are added.
 */
public final class GgufWriter {
  private final ByteArrayOutputStream pairs = new ByteArrayOutputStream();
  private final ByteArrayOutputStream table = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private int version = 3;
  private long pairCount;
  private long tensorCount;
  private int alignment = 32;

  /** Writes another version number. */
  public GgufWriter version(int number) {
    version = number;
    return this;
  }

  /** States {@code count} tensors instead of those there are. */
  public GgufWriter tensorCount(long count) {
    tensorCount = count;
    return this;
  }

  /** States {@code count} key-value pairs instead of those there are. */
  public GgufWriter pairCount(long count) {
    pairCount = count;
    return this;
  }

  /** Pads tensors to {@code bytes}, and says so under the key for it. */
  public GgufWriter alignment(int bytes) {
    alignment = bytes;
    return u32("general.alignment", bytes);
  }

  /** Adds a u32. */
  public GgufWriter u32(String key, int value) {
    return pair(key, 4, ints(value));
  }

  /** Adds a u64. */
  public GgufWriter u64(String key, long value) {
    return pair(key, 10, longs(value));
  }

  /** Adds an f32. */
  public GgufWriter f32(String key, float value) {
    return pair(key, 6, ints(Float.floatToRawIntBits(value)));
  }

  /** Adds a bool. */
  public GgufWriter bool(String key, boolean value) {
    return pair(key, 7, new byte[] {(byte) (value ? 1 : 0)});
  }

  /** Adds a string. */
  public GgufWriter string(String key, String value) {
    return pair(key, 8, text(value));
  }

  /** Adds an array of strings. */
  public GgufWriter strings(String key, String... values) {
    ByteArrayOutputStream out = arrayHead(8, values.length);
    for (String value : values) {
      out.writeBytes(text(value));
    }
    return pair(key, 9, out.toByteArray());
  }

  /** Adds an array of f32. */
  public GgufWriter floats(String key, float... values) {
    ByteArrayOutputStream out = arrayHead(6, values.length);
    for (float value : values) {
      out.writeBytes(ints(Float.floatToRawIntBits(value)));
    }
    return pair(key, 9, out.toByteArray());
  }

  /** Adds an array of i32. */
  public GgufWriter integers(String key, int... values) {
    ByteArrayOutputStream out = arrayHead(5, values.length);
    for (int value : values) {
      out.writeBytes(ints(value));
    }
    return pair(key, 9, out.toByteArray());
  }

  /** Adds a pair of any type number and any bytes. */
  public GgufWriter pair(String key, int type, byte[] value) {
    pairs.writeBytes(text(key));
    pairs.writeBytes(ints(type));
    pairs.writeBytes(value);
    pairCount++;
    return this;
  }

  /** Adds a tensor with its bytes, padded to the alignment. */
  public GgufWriter tensor(String name, int type, byte[] bytes, long... dimensions) {
    tensorEntry(name, type, data.size(), dimensions);
    data.writeBytes(bytes);
    data.writeBytes(new byte[padding(data.size())]);
    return this;
  }

  /** Adds only an entry of the tensor table. */
  public GgufWriter tensorEntry(String name, int type, long offset, long... dimensions) {
    table.writeBytes(text(name));
    table.writeBytes(ints(dimensions.length));
    for (long dimension : dimensions) {
      table.writeBytes(longs(dimension));
    }
    table.writeBytes(ints(type));
    table.writeBytes(longs(offset));
    tensorCount++;
    return this;
  }

  /** The whole file. */
  public byte[] toBytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(ints(version));
    out.writeBytes(longs(tensorCount));
    out.writeBytes(longs(pairCount));
    out.writeBytes(pairs.toByteArray());
    out.writeBytes(table.toByteArray());
    out.writeBytes(new byte[padding(out.size())]);
    out.writeBytes(data.toByteArray());
    return out.toByteArray();
  }

  /** Writes the file. */
  public Path write(Path file) {
    try {
      return Files.write(file, toBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int padding(int size) {
    return Math.floorMod(-size, alignment);
  }

  private static ByteArrayOutputStream arrayHead(int type, int count) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(ints(type));
    out.writeBytes(longs(count));
    return out;
  }

  /** A string as GGUF writes it: length and bytes. */
  public static byte[] text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(longs(utf8.length));
    out.writeBytes(utf8);
    return out.toByteArray();
  }

  /** Little-endian 32 bits. */
  public static byte[] ints(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  /** Little-endian 64 bits. */
  public static byte[] longs(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }
}
