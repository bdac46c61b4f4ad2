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
 * first, then a batch of groups of columns at a time for all rows of the slice. So no more than a
 * batch is in memory twice, and reads are as long as the slice has rows (AWQ: half a byte a row).
 */
final class Int4SliceLoader {
  /** Bytes of a batch, roughly; at least one group. */
  private static final int BATCH_BYTES = 1 << 19;

  private final MeteredReader reader;
  private final Int4Matrix matrix;
  private final TensorSlice slice;
  private final Range groups;
  private final Range words;
  private final int batchBytes;

  Int4SliceLoader(MeteredReader reader, Int4Matrix matrix, TensorSlice slice) {
    this(reader, matrix, slice, BATCH_BYTES);
  }

  Int4SliceLoader(MeteredReader reader, Int4Matrix matrix, TensorSlice slice, int batchBytes) {
    this.reader = reader;
    this.batchBytes = batchBytes;
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
        Math.clamp(batchBytes / Math.max(groupBytes, 1), 1, Math.max(columns / format.group(), 1));
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
    int rows = slice.rows().size();
    byte[] zeros = new byte[Math.multiplyExact(groups.size(), rows)];
    int groupBytes = words.size() * Integer.BYTES;
    byte[] raw = new byte[Math.multiplyExact(groupsOfBatch(groupBytes), groupBytes)];
    ByteBuffer stored = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < zeros.length; i++) {
      int group = i / rows % groupsOfBatch(groupBytes);
      if (i % rows == 0 && group == 0) {
        readGroups(matrix.zeros(), i / rows, words, raw, groupBytes);
      }
      int row = slice.rows().start() + i % rows;
      int word = group * words.size() + row / Int4Layout.PER_WORD - words.start();
      int value = stored.getInt(word * Integer.BYTES);
      zeros[i] = (byte) matrix.layout().zero(value, row % Int4Layout.PER_WORD);
    }
    return zeros;
  }

  /** Scales as f16, {@code [groups, rows]}. */
  private short[] scales() {
    TensorInfo tensor = matrix.scales();
    int rows = slice.rows().size();
    short[] scales = new short[Math.multiplyExact(groups.size(), rows)];
    int groupBytes = Math.toIntExact(tensor.type().rowBytes(rows));
    int batch = groupsOfBatch(groupBytes);
    byte[] raw = new byte[Math.multiplyExact(batch, groupBytes)];
    float[] values = new float[Math.multiplyExact(batch, rows)];
    for (int group = 0; group < groups.size(); group += batch) {
      int count = Math.min(batch, groups.size() - group) * rows;
      readGroups(tensor, group, slice.rows(), raw, groupBytes);
      FloatRows.decode(tensor.type(), MemorySegment.ofArray(raw), 0, values, 0, count);
      for (int i = 0; i < count; i++) {
        scales[group * rows + i] = half(values[i]);
      }
    }
    return scales;
  }

  private int groupsOfBatch(int groupBytes) {
    return Math.clamp(batchBytes / Math.max(groupBytes, 1), 1, Math.max(groups.size(), 1));
  }

  /**
   * Reads as many groups as {@code raw} holds, or the last ones, from the slice's {@code first}.
   */
  private void readGroups(TensorInfo tensor, int first, Range columns, byte[] raw, int groupBytes) {
    int count = Math.min(groupsOfBatch(groupBytes), groups.size() - first);
    int start = groups.start() + first;
    MemorySegment batch = MemorySegment.ofArray(raw).asSlice(0, (long) count * groupBytes);
    reader.read(tensor, new Range(start, start + count), columns, batch);
  }

  private short half(float value) {
    TensorInfo tensor = matrix.scales();
    if (!Float.isFinite(value)) {
      throw new ModelException.Malformed(
          tensor.file(), tensor.name(), "has a scale that is NaN or infinite");
    }
    short half = Float.floatToFloat16(value);
    if (Float.float16ToFloat(half) != value) {
      throw new ModelException.Unsupported(
          tensor.file(),
          tensor.name(),
          "has a scale of " + value + ", which f16 does not hold exactly");
    }
    return half;
  }
}
