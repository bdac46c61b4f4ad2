package io.carovana.model.files;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a file's tensor table, already held against the file's length.
 *
 * @param name as stored
 * @param typeName as stored, for messages
 * @param type null for one that Carovana does not compute with
 * @param dimensions number of dimensions
 * @param rows product of all dimensions but the innermost; 1 for a vector
 * @param columns innermost dimension
 * @param file the file
 * @param offset from its beginning
 * @param byteLength its bytes
 */
record StoredTensor(
    String name,
    String typeName,
    @Nullable WeightType type,
    int dimensions,
    long rows,
    long columns,
    Path file,
    long offset,
    long byteLength) {

  /**
   * The tensor as a part of the model.
   *
   * @param layer its layer, or {@link TensorInfo#NO_LAYER}
   * @throws ModelException.Malformed if a dimension is beyond 2^31
   */
  TensorInfo as(TensorPart part, int layer, WeightType type) {
    return new TensorInfo(
        name, part, layer, type, intSize(rows), intSize(columns), file, offset, byteLength);
  }

  private int intSize(long size) {
    if (size > Integer.MAX_VALUE) {
      throw new ModelException.Malformed(file, name, "has a dimension of " + size);
    }
    return (int) size;
  }
}
