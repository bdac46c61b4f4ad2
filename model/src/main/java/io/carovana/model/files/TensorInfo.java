package io.carovana.model.files;

import io.carovana.model.shard.Range;
import java.nio.file.Path;
import java.util.List;

/**
 * Where one tensor of the files lies; checked against the file when the model was opened.
 * Row-major: row r starts at {@code offset + r * rowBytes()}.
 *
 * @param name as the file calls it
 * @param part what it is
 * @param layer its layer, -1 for a tensor outside the layers
 * @param type how its elements are stored
 * @param rows output rows; 1 for a norm
 * @param columns input columns
 * @param file the file that holds it
 * @param offset byte offset from the beginning of that file
 * @param byteLength its bytes
 */
public record TensorInfo(
    String name,
    TensorPart part,
    int layer,
    WeightType type,
    int rows,
    int columns,
    Path file,
    long offset,
    long byteLength)
    implements ModelTensor {

  /** {@link #layer} of a tensor outside the layers. */
  public static final int NO_LAYER = -1;

  /** Bytes of one row. */
  public long rowBytes() {
    return type.rowBytes(columns);
  }

  /** The smallest range of whole blocks that covers {@code columns} of a row. */
  public Range roundOut(Range columns) {
    int block = type.blockElements();
    int start = columns.start() / block * block;
    long end = ((long) columns.end() + block - 1) / block * block;
    return new Range(start, Math.toIntExact(Math.min(end, this.columns)));
  }

  @Override
  public String storedAs() {
    return type.name();
  }

  @Override
  public List<TensorInfo> stored() {
    return List.of(this);
  }
}
