package io.carovana.worker.shard;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.Int4Matrix;
import io.carovana.model.files.ModelTensor;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.TensorReader;
import io.carovana.model.shard.Range;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.LongConsumer;

/**
 * Reads one slice on behalf of a loader: what goes by is counted and digested, so that no second
 * pass over the file is needed. What it reads is read once, in order.
 */
final class MeteredReader implements TensorReader {
  private final TensorReader reader;
  private final LongConsumer bytesRead;
  private final MessageDigest sha256;

  MeteredReader(TensorReader reader, LongConsumer bytesRead) {
    this.reader = reader;
    this.bytesRead = bytesRead;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The digest of everything read; ends it. */
  byte[] digest() {
    return sha256.digest();
  }

  @Override
  public ModelConfig config() {
    return reader.config();
  }

  @Override
  public boolean ropeInterleaved() {
    return reader.ropeInterleaved();
  }

  @Override
  public ModelTensor tensor(TensorPart part, int layer) {
    return reader.tensor(part, layer);
  }

  @Override
  public boolean isSymmetric(Int4Matrix matrix) {
    return reader.isSymmetric(matrix);
  }

  @Override
  public void read(TensorInfo tensor, Range rows, Range columns, MemorySegment destination) {
    reader.read(tensor, rows, columns, destination);
    sha256.update(destination.asByteBuffer());
    bytesRead.accept(destination.byteSize());
  }
}
