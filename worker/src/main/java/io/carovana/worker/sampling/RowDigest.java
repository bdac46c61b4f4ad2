package io.carovana.worker.sampling;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 of rows of logits as little-endian f32. Not for several threads at once. */
public final class RowDigest {
  private static final int CHUNK = 1024;

  private final MessageDigest sha256;
  private final byte[] bytes = new byte[CHUNK * Float.BYTES];
  private final ByteBuffer view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);

  /** A digest of any number of rows, one after another. */
  public RowDigest() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Writes the digest of {@code count} floats at {@code offset} to {@code out[0..32)}. */
  public void digest(float[] row, int offset, int count, byte[] out) {
    for (int done = 0; done < count; done += CHUNK) {
      int chunk = Math.min(CHUNK, count - done);
      for (int i = 0; i < chunk; i++) {
        view.putFloat(i * Float.BYTES, row[offset + done + i]);
      }
      sha256.update(bytes, 0, chunk * Float.BYTES);
    }
    try {
      sha256.digest(out, 0, 32);
    } catch (DigestException e) {
      throw new IllegalStateException("a digest needs 32 bytes", e);
    }
  }
}
