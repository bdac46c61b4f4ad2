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
    long byteLength) {}
