package io.carovana.model.files;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.shard.Range;
import java.lang.foreign.MemorySegment;

/**
 * Reads slices of tensors as they are stored. Any number of threads may read at once; a read that
 * fails or comes up short is a {@link ModelException.ReadFailed}.
 */
public interface TensorReader {
  /** The model's shape. */
  ModelConfig config();

  /**
   * Whether rows of q and k pair neighbours for RoPE (GGUF); the loader then permutes each head's
   * rows to half-split pairs: row {@code 2i} to {@code i}, row {@code 2i + 1} to {@code d/2 + i}.
   */
  boolean ropeInterleaved();

  /**
   * The tensor of a part; {@code LM_HEAD} of a model with tied embeddings is its embedding.
   *
   * @param layer counts only where {@link TensorPart#perLayer}
   * @throws IllegalArgumentException if the model has no such layer
   */
  ModelTensor tensor(TensorPart part, int layer);

  /** The tensor of a part outside the layers. */
  default ModelTensor tensor(TensorPart part) {
    if (part.perLayer()) {
      throw new IllegalArgumentException(part + " is one per layer");
    }
    return tensor(part, TensorInfo.NO_LAYER);
  }

  /**
   * Reads the block {@code rows} x {@code columns}, row after row without gaps.
   *
   * @param columns whole blocks of the tensor's type (see {@link TensorInfo#roundOut})
   * @param destination native, or over a {@code byte[]}; exactly as long as the block
   * @throws ModelException.ReadFailed if the file cannot be read or ends early
   */
  void read(TensorInfo tensor, Range rows, Range columns, MemorySegment destination);

  /**
   * Whether all zero points of the whole matrix are in the middle of the codes, so that its weights
   * are signed 4-bit codes. Known from the zero points alone, which are read when first asked for.
   *
   * @throws ModelException.Unsupported if a zero point is ambiguous
   * @throws ModelException.ReadFailed if the file cannot be read
   */
  boolean isSymmetric(Int4Matrix matrix);

  /** Reads whole rows. */
  default void read(TensorInfo tensor, Range rows, MemorySegment destination) {
    read(tensor, rows, new Range(0, tensor.columns()), destination);
  }
}
