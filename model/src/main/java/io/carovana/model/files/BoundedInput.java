package io.carovana.model.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A forward reader of little-endian values that knows how many bytes remain: every length is held
 * against them before anything is allocated.
 */
final class BoundedInput {
  private static final int WINDOW_BYTES = 1 << 16;

  private final ByteSource source;
  private final Path file;
  private final ByteBuffer window =
      ByteBuffer.allocate(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  private long windowEnd;

  BoundedInput(ByteSource source, Path file) {
    this.source = source;
    this.file = file;
  }

  Path file() {
    return file;
  }

  long position() {
    return windowEnd - window.remaining();
  }

  long remaining() {
    return source.size() - position();
  }

  /**
   * Fails unless {@code count} elements of at least {@code bytesEach} can still come.
   *
   * @param count as the file states it, unsigned
   */
  void require(long count, long bytesEach, String subject) {
    if (count < 0 || count > remaining() / bytesEach) {
      throw new ModelException.Malformed(
          file,
          subject,
          "states %s elements of %d bytes or more, but only %d bytes remain; the file is damaged or its download unfinished: %s"
              .formatted(Long.toUnsignedString(count), bytesEach, remaining(), Downloads.ADVICE));
    }
  }

  int u8(String subject) {
    fill(1, subject);
    return Byte.toUnsignedInt(window.get());
  }

  int i16(String subject) {
    fill(2, subject);
    return window.getShort();
  }

  int i32(String subject) {
    fill(4, subject);
    return window.getInt();
  }

  long i64(String subject) {
    fill(8, subject);
    return window.getLong();
  }

  /** The next {@code count} bytes. */
  byte[] bytes(long count, String subject) {
    require(count, 1, subject);
    if (count > Integer.MAX_VALUE - 8) {
      throw new ModelException.Malformed(file, subject, "is " + count + " bytes long");
    }
    byte[] bytes = new byte[(int) count];
    int done = Math.min(bytes.length, window.remaining());
    window.get(bytes, 0, done);
    ByteBuffer rest = ByteBuffer.wrap(bytes, done, bytes.length - done);
    windowEnd = readFully(rest, windowEnd, subject);
    return bytes;
  }

  private void fill(int count, String subject) {
    if (window.remaining() >= count) {
      return;
    }
    require(count, 1, subject);
    window.compact();
    window.limit((int) Math.min(window.capacity(), window.position() + source.size() - windowEnd));
    windowEnd = readFully(window, windowEnd, subject);
    window.flip();
  }

  private long readFully(ByteBuffer buffer, long position, String subject) {
    long at = position;
    try {
      while (buffer.hasRemaining()) {
        int count = source.read(buffer, at);
        if (count < 0) {
          throw new ModelException.ReadFailed(
              file, subject, "the file ends at byte " + at + " while being read", null);
        }
        at += count;
      }
    } catch (IOException e) {
      throw new ModelException.ReadFailed(file, subject, "cannot be read: " + e, e);
    }
    return at;
  }
}
