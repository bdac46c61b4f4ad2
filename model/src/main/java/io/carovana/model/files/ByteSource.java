package io.carovana.model.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Bytes at positions: a file, or (in fuzz tests) an array. */
interface ByteSource {
  /** Number of bytes. */
  long size();

  /**
   * Reads some bytes at {@code position}.
   *
   * @return how many, -1 at the end
   */
  int read(ByteBuffer destination, long position) throws IOException;

  /** The bytes of an open file, its length taken now. */
  static ByteSource of(FileChannel channel) throws IOException {
    long size = channel.size();
    return new ByteSource() {
      @Override
      public long size() {
        return size;
      }

      @Override
      public int read(ByteBuffer destination, long position) throws IOException {
        return channel.read(destination, position);
      }
    };
  }

  /** The bytes of an array. */
  static ByteSource of(byte[] bytes) {
    return new ByteSource() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public int read(ByteBuffer destination, long position) {
        if (position >= bytes.length) {
          return -1;
        }
        int count = (int) Math.min(destination.remaining(), bytes.length - position);
        destination.put(bytes, (int) position, count);
        return count;
      }
    };
  }
}
