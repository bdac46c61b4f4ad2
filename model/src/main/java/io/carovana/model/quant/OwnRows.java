package io.carovana.model.quant;

import io.carovana.model.files.ModelException;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorReader;
import io.carovana.model.shard.Range;
import java.lang.foreign.MemorySegment;

/**
 * Quantizes rows of a float tensor while they are read, a batch of {@link #BATCH_BYTES} at a time,
 * so no more of the float model is ever in memory. Holds scratch: one per thread.
 */
public final class OwnRows {
  /** Stored bytes that are read at once. */
  public static final int BATCH_BYTES = 1 << 20;

  private final TensorReader reader;
  private final TensorInfo tensor;
  private final OwnFormat format;
  private final OwnQuantizer quantizer;
  private final float[] row;

  /**
   * Quantizes rows of {@code tensor}, which {@code format} must suit (see {@link OwnFormat#of}).
   */
  public OwnRows(TensorReader reader, TensorInfo tensor, OwnFormat format) {
    this.reader = reader;
    this.tensor = tensor;
    this.format = format;
    this.quantizer = new OwnQuantizer(format);
    this.row = new float[tensor.columns()];
  }

  /**
   * Reads and quantizes the block {@code rows} x {@code columns}.
   *
   * @param columns whole groups
   * @param codes {@code [rows, columns]}, one code per byte
   * @param scales {@code [rows, columns / group]}, f16 bits
   * @throws ModelException.Malformed if a weight is NaN, infinite or beyond f16
   * @throws ModelException.ReadFailed if the file cannot be read
   */
  public void read(Range rows, Range columns, byte[] codes, short[] scales) {
    if (columns.start() % format.group() != 0 || columns.end() % format.group() != 0) {
      throw new IllegalArgumentException(columns + " cuts a group of " + format.group());
    }
    int width = columns.size();
    int rowBytes = Math.toIntExact(tensor.type().rowBytes(width));
    int batchRows = Math.clamp(BATCH_BYTES / Math.max(rowBytes, 1), 1, Math.max(rows.size(), 1));
    MemorySegment batch = MemorySegment.ofArray(new byte[Math.multiplyExact(batchRows, rowBytes)]);
    for (int first = rows.start(); first < rows.end(); first += batchRows) {
      int count = Math.min(batchRows, rows.end() - first);
      MemorySegment stored = batch.asSlice(0, (long) count * rowBytes);
      reader.read(tensor, new Range(first, first + count), columns, stored);
      for (int r = 0; r < count; r++) {
        FloatRows.decode(tensor.type(), stored, (long) r * rowBytes, row, 0, width);
        quantizeRow(first + r, first + r - rows.start(), width, codes, scales);
      }
    }
  }

  private void quantizeRow(int tensorRow, int outRow, int width, byte[] codes, short[] scales) {
    int groups = width / format.group();
    for (int g = 0; g < groups; g++) {
      int at = g * format.group();
      int scale = quantizer.quantize(row, at, codes, outRow * width + at);
      if (scale == OwnQuantizer.OUT_OF_RANGE) {
        throw new ModelException.Malformed(
            tensor.file(),
            tensor.name(),
            "row %d has a weight that is not finite or beyond f16".formatted(tensorRow));
      }
      scales[outRow * groups + g] = (short) scale;
    }
  }
}
