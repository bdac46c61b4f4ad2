package io.carovana.model.files;

import java.nio.file.Path;
import java.util.List;

/** A norm or a matrix of the model, however many tensors of the files it is made of. */
public sealed interface ModelTensor permits TensorInfo, Int4Matrix {
  /** The stored tensor that names it in messages. */
  String name();

  /** What it is. */
  TensorPart part();

  /** Its layer, {@link TensorInfo#NO_LAYER} for one outside the layers. */
  int layer();

  /** Output rows; 1 for a norm. */
  int rows();

  /** Input columns. */
  int columns();

  /** The file that holds it, or the stored tensor that names it. */
  Path file();

  /** What its weights are stored as, for messages. */
  String storedAs();

  /** The tensors of the files that it is made of. */
  List<TensorInfo> stored();

  /** Bytes of the files that it takes. */
  default long storedBytes() {
    return stored().stream().mapToLong(TensorInfo::byteLength).sum();
  }

  /** Number of weights. */
  default long elements() {
    return (long) rows() * columns();
  }
}
