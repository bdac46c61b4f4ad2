package io.carovana.model.files;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The files of one model while it is being opened: closed again unless opening succeeds. */
final class OpenFiles implements AutoCloseable {
  private static final byte[] LFS_POINTER =
      "version https://git-lfs.github.com/spec/".getBytes(StandardCharsets.US_ASCII);

  private final Map<Path, FileChannel> channels = new LinkedHashMap<>();
  private boolean handedOver;

  /**
   * Opens a file of weights.
   *
   * @throws ModelException.Incomplete if it is missing, empty or an LFS pointer
   * @throws ModelException.Unsupported if it is no regular file
   */
  ByteSource open(Path file) {
    requirePresent(file, null);
    try {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      channels.put(file, channel);
      ByteSource source = ByteSource.of(channel);
      requireNoPointer(source, file);
      return source;
    } catch (IOException e) {
      throw new ModelException.ReadFailed(file, null, "cannot be read: " + e, e);
    }
  }

  /** All bytes of a tensor of one of these files. */
  byte[] bytes(StoredTensor tensor) {
    FileChannel channel = Objects.requireNonNull(channels.get(tensor.file()));
    byte[] bytes = new byte[Math.toIntExact(tensor.byteLength())];
    SliceReads.readFully(
        channel, tensor.file(), tensor.name(), tensor.offset(), MemorySegment.ofArray(bytes));
    return bytes;
  }

  /** The model whose headers these files gave; from here on it owns them. */
  ModelFiles handOver(ModelFiles.Contents contents) {
    ModelFiles model = new ModelFiles(contents, channels);
    handedOver = true;
    return model;
  }

  @Override
  public void close() {
    if (!handedOver) {
      ModelFiles.closeAll(channels.values());
    }
  }

  /** Reads a whole small file. */
  static byte[] readSmall(Path file, int limit) {
    requirePresent(file, null);
    try (OpenFiles files = new OpenFiles()) {
      ByteSource source = files.open(file);
      if (source.size() > limit) {
        throw new ModelException.Malformed(
            file, null, "is " + source.size() + " bytes long, limit " + limit);
      }
      return new BoundedInput(source, file).bytes(source.size(), "contents");
    }
  }

  /**
   * Fails unless {@code file} is there.
   *
   * @param wantedBy who names it, for the message
   */
  static void requirePresent(Path file, @Nullable String wantedBy) {
    if (Files.isRegularFile(file)) {
      return;
    }
    String who = wantedBy == null ? "" : " (named by " + wantedBy + ")";
    if (Files.isSymbolicLink(file)) {
      throw new ModelException.Incomplete(
          file, null, "is a link to nothing" + who + ": " + Downloads.ADVICE);
    }
    if (Files.exists(file)) {
      throw new ModelException.Unsupported(file, null, "is not a regular file" + who);
    }
    throw new ModelException.Incomplete(file, null, "is missing" + who + ": " + Downloads.ADVICE);
  }

  private static void requireNoPointer(ByteSource source, Path file) throws IOException {
    if (source.size() == 0) {
      throw new ModelException.Incomplete(file, null, "is empty: " + Downloads.ADVICE);
    }
    ByteBuffer head = ByteBuffer.allocate(LFS_POINTER.length);
    while (head.hasRemaining() && source.read(head, head.position()) > 0) {}
    if (Arrays.equals(head.array(), LFS_POINTER)) {
      throw new ModelException.Incomplete(
          file, null, "is a Git LFS pointer, not the file itself: run `git lfs pull` beside it");
    }
  }
}
