package io.carovana.model.files;

import io.carovana.model.shard.Range;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Positional reads of one block of a tensor. */
final class SliceReads {
  /** Most bytes of one read; bounds the JDK's bounce buffer for heap destinations. */
  static final int CHUNK_BYTES = 1 << 20;

  private SliceReads() {}

  static void read(
      FileChannel channel,
      TensorInfo tensor,
      Range rows,
      Range columns,
      MemorySegment destination) {
    requireInside("rows", rows, tensor.rows());
    requireInside("columns", columns, tensor.columns());
    int block = tensor.type().blockElements();
    if (columns.start() % block != 0 || columns.end() % block != 0) {
      throw new IllegalArgumentException(columns + " cuts a " + tensor.type() + " block");
    }
    long width = tensor.type().rowBytes(columns.size());
    if (destination.byteSize() != Math.multiplyExact(width, rows.size())) {
      throw new IllegalArgumentException(
          "destination holds %d bytes, the slice has %d x %d"
              .formatted(destination.byteSize(), rows.size(), width));
    }
    long start = tensor.offset() + rows.start() * tensor.rowBytes();
    if (width == tensor.rowBytes()) {
      readFully(channel, tensor.file(), tensor.name(), start, destination);
      return;
    }
    long skip = tensor.type().rowBytes(columns.start());
    for (int row = 0; row < rows.size(); row++) {
      readFully(
          channel,
          tensor.file(),
          tensor.name(),
          start + row * tensor.rowBytes() + skip,
          destination.asSlice(row * width, width));
    }
  }

  static void readFully(
      FileChannel channel, Path file, String name, long position, MemorySegment destination) {
    try {
      for (long done = 0; done < destination.byteSize(); ) {
        long chunk = Math.min(CHUNK_BYTES, destination.byteSize() - done);
        ByteBuffer buffer = destination.asSlice(done, chunk).asByteBuffer();
        int count = channel.read(buffer, position + done);
        if (count < 0) {
          throw new ModelException.ReadFailed(
              file,
              name,
              "the file ends at byte %d; it was longer when it was opened"
                  .formatted(channel.size()),
              null);
        }
        done += count;
      }
    } catch (IOException e) {
      throw new ModelException.ReadFailed(file, name, "cannot be read: " + e, e);
    }
  }

  private static void requireInside(String what, Range range, int limit) {
    if (range.end() > limit) {
      throw new IllegalArgumentException("%s %s exceed %d".formatted(what, range, limit));
    }
  }
}
