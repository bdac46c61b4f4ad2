package io.carovana.worker.shard;

import io.carovana.model.files.Int4Layout;
import io.carovana.model.files.Int4Matrix;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorSlice;
import io.carovana.model.quant.FloatRows;
import io.carovana.model.quant.OwnFormat;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.Range;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.Panels;
import io.carovana.worker.kernels.pack.Int4Packer;
import io.carovana.worker.kernels.pack.OwnPacker;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Loads one slice of a matrix of 4-bit codes, which files store input-major: zero points and scales
 * first, then a batch of groups of columns at a time for all rows of the slice, so that reads are
 * long whichever way the slice was cut, and no more than a batch is in memory twice.
 */
final class Int4SliceLoader {
  /** Bytes of a batch, roughly; at least one group. */
  private static final int BATCH_BYTES = 1 << 20;

  private final MeteredReader reader;
  private final Int4Matrix matrix;
  private final TensorSlice slice;
  private final Range groups;
  private final Range words;

  Int4SliceLoader(MeteredReader reader, Int4Matrix matrix, TensorSlice slice) {
    this.reader = reader;
    this.matrix = matrix;
    this.slice = slice;
    groups = matrix.groups(slice.columns());
    words = Int4Matrix.words(slice.rows());
  }

  /** Bytes of the files that the slice takes. */
  static long fileBytes(Int4Matrix matrix, TensorSlice slice) {
    long groups = matrix.groups(slice.columns()).size();
    long words = Int4Matrix.words(slice.rows()).size();
    long codes = matrix.codeColumns(slice.rows()).size();
    return matrix.codes().type().rowBytes(codes) * matrix.codeRows(slice.columns()).size()
        + matrix.zeros().type().rowBytes(words) * groups
        + matrix.scales().type().rowBytes(slice.rows().size()) * groups;
  }

  /** The digest of what was loaded. */
  SliceDigest digest() {
    return new SliceDigest(matrix.name(), slice.rows(), slice.columns(), reader.digest());
  }

  /**
   * The matrix.
   *
   * @throws ModelException if it does not suit the model's shape, a scale is not finite or not an
   *     f16, or {@code quantization} wants it quantized
   */
  Panels matrix(Quantization quantization) {
    OwnFormat format = OwnFormat.of(reader, matrix, quantization);
    int columns = slice.columns().size();
    IntegerPanels panels =
        OwnPacker.allocate(format.bits(), format.group(), slice.rows().size(), columns);
    byte[] zeros = zeros();
    short[] scales = scales();
    Int4Packer packer = new Int4Packer(panels, matrix.layout(), slice.rows().start());
    int groupBytes = codeBytes(format.group());
    int batchGroups =
        Math.clamp(BATCH_BYTES / Math.max(groupBytes, 1), 1, Math.max(columns / format.group(), 1));
    byte[] raw = new byte[Math.multiplyExact(batchGroups, groupBytes)];
    for (int first = 0; first < columns; first += batchGroups * format.group()) {
      int count = Math.min(batchGroups, (columns - first) / format.group());
      readCodes(first, count * format.group(), raw);
      for (int i = 0; i < count; i++) {
        int column = first + i * format.group();
        int scaledBy = (slice.columns().start() + column) / matrix.group() - groups.start();
        packer.pack(column, raw, i * groupBytes, scales, zeros, scaledBy * slice.rows().size());
      }
    }
    return panels;
  }

  private int codeBytes(int columns) {
    int rows = matrix.codeRows(new Range(0, columns)).size();
    return Math.multiplyExact(rows, matrix.codeColumns(slice.rows()).size() * Integer.BYTES);
  }

  private void readCodes(int first, int columns, byte[] raw) {
    int start = slice.columns().start() + first;
    reader.read(
        matrix.codes(),
        matrix.codeRows(new Range(start, start + columns)),
        matrix.codeColumns(slice.rows()),
        MemorySegment.ofArray(raw).asSlice(0, codeBytes(columns)));
  }

  /** Zero points, {@code [groups, rows]}. */
  private byte[] zeros() {
    byte[] raw = new byte[Math.multiplyExact(groups.size(), words.size() * Integer.BYTES)];
    reader.read(matrix.zeros(), groups, words, MemorySegment.ofArray(raw));
    ByteBuffer stored = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
    int rows = slice.rows().size();
    byte[] zeros = new byte[Math.multiplyExact(groups.size(), rows)];
    for (int i = 0; i < zeros.length; i++) {
      int row = slice.rows().start() + i % rows;
      int word = i / rows * words.size() + row / Int4Layout.PER_WORD - words.start();
      int value = stored.getInt(word * Integer.BYTES);
      zeros[i] = (byte) matrix.layout().zero(value, row % Int4Layout.PER_WORD);
    }
    return zeros;
  }

  /** Scales as f16, {@code [groups, rows]}. */
  private short[] scales() {
    TensorInfo tensor = matrix.scales();
    int count = Math.multiplyExact(groups.size(), slice.rows().size());
    byte[] raw = new byte[Math.toIntExact(tensor.type().rowBytes(count))];
    reader.read(tensor, groups, slice.rows(), MemorySegment.ofArray(raw));
    float[] values = new float[count];
    FloatRows.decode(tensor.type(), MemorySegment.ofArray(raw), 0, values, 0, count);
    short[] scales = new short[count];
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(values[i])) {
        throw new ModelException.Malformed(
            tensor.file(), tensor.name(), "has a scale that is NaN or infinite");
      }
      scales[i] = Float.floatToFloat16(values[i]);
      if (Float.float16ToFloat(scales[i]) != values[i]) {
        throw new ModelException.Unsupported(
            tensor.file(),
            tensor.name(),
            "has a scale of " + values[i] + ", which f16 does not hold exactly");
      }
    }
    return scales;
  }
}
