package io.carovana.model.files;

import io.carovana.model.config.ModelConfig;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Identifies a model without reading it whole: SHA-256 over its config, its tensor table (names,
 * shapes, types, lengths; layout and group of 4-bit codes) and {@link #PROBE_BYTES} at the
 * beginning and end of every tensor. Where tensors lie in files, and how many files there are, does
 * not count.
 */
public final class ModelDigest {
  /** Bytes probed at each end of a tensor. */
  public static final int PROBE_BYTES = 4096;

  private ModelDigest() {}

  /**
   * The digest, in lower-case hex.
   *
   * @throws ModelException.ReadFailed if a probe cannot be read
   */
  public static String of(ModelFiles model) {
    MessageDigest sha256 = sha256();
    update(sha256, describe(model));
    for (ModelTensor tensor : model.tensors()) {
      if (tensor instanceof Int4Matrix matrix) {
        update(sha256, describe(matrix));
      }
      for (TensorInfo stored : tensor.stored()) {
        probe(sha256, model, stored);
      }
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  private static void probe(MessageDigest sha256, ModelFiles model, TensorInfo tensor) {
    update(sha256, describe(tensor));
    byte[] probe = new byte[PROBE_BYTES];
    int length = (int) Math.min(PROBE_BYTES, tensor.byteLength());
    MemorySegment segment = MemorySegment.ofArray(probe).asSlice(0, length);
    model.readBytes(tensor, 0, segment);
    sha256.update(probe, 0, length);
    model.readBytes(tensor, tensor.byteLength() - length, segment);
    sha256.update(probe, 0, length);
  }

  private static String describe(ModelFiles model) {
    ModelConfig c = model.config();
    return String.format(
        Locale.ROOT,
        "carovana-model-1 rope=%s hidden=%d layers=%d heads=%d kv=%d head=%d ffn=%d vocab=%d"
            + " eps=%08x theta=%016x positions=%d bos=%d eos=%d tied=%b\n",
        model.ropeInterleaved() ? "interleaved" : "half-split",
        c.hiddenSize(),
        c.layers(),
        c.heads(),
        c.kvHeads(),
        c.headDim(),
        c.ffnSize(),
        c.vocabSize(),
        Float.floatToIntBits(c.rmsNormEps()),
        Double.doubleToLongBits(c.ropeTheta()),
        c.maxPositions(),
        c.bosId(),
        c.eosId(),
        c.tiedEmbeddings());
  }

  private static String describe(Int4Matrix matrix) {
    return String.format(Locale.ROOT, "%s group=%d\n", matrix.layout(), matrix.group());
  }

  private static String describe(TensorInfo tensor) {
    return String.format(
        Locale.ROOT,
        "%s %s %d %d %d\n",
        tensor.name(),
        tensor.type(),
        tensor.rows(),
        tensor.columns(),
        tensor.byteLength());
  }

  private static void update(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
