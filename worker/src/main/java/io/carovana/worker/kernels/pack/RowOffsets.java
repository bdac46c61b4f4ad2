package io.carovana.worker.kernels.pack;

/** Where in a buffer of raw rows the row for an output row begins. */
@FunctionalInterface
public interface RowOffsets {
  /** Byte offset of the raw row that becomes output row {@code row}. */
  int at(int row);

  /** Rows one after the other: row {@code firstRow} begins at 0. */
  static RowOffsets consecutive(int firstRow, int rowBytes) {
    return row -> Math.multiplyExact(row - firstRow, rowBytes);
  }

  /**
   * Rows of q or k whose file pairs neighbours for RoPE (rule 6): output row {@code i} of a head is
   * file row {@code 2i}, output row {@code d/2 + i} file row {@code 2i + 1}.
   *
   * @param firstRow first output row in the buffer, the beginning of a head
   * @param headDim d
   */
  static RowOffsets interleaved(int firstRow, int rowBytes, int headDim) {
    return row -> {
      int within = (row - firstRow) % headDim;
      int head = row - firstRow - within;
      int half = headDim / 2;
      int source = within < half ? 2 * within : 2 * (within - half) + 1;
      return Math.multiplyExact(head + source, rowBytes);
    };
  }
}
