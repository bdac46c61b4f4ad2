package io.carovana.worker.shard;

import io.carovana.model.files.ModelException;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.TensorSlice;
import io.carovana.model.files.WeightType;
import io.carovana.model.quant.FloatRows;
import io.carovana.model.quant.OwnBits;
import io.carovana.model.quant.OwnFormat;
import io.carovana.model.quant.OwnRows;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.Range;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.NonFiniteException;
import io.carovana.worker.kernels.Panels;
import io.carovana.worker.kernels.pack.OwnPacker;
import io.carovana.worker.kernels.pack.PanelPacker;
import io.carovana.worker.kernels.pack.RowOffsets;
import java.lang.foreign.MemorySegment;

/**
 * Loads one slice: a batch of rows at a time is read, digested and packed, so that no more than a
 * batch is in memory twice. A batch holds whole panels and, where q and k rows must be permuted,
 * whole heads.
 */
final class SliceLoader {
  /**
   * Bytes of a batch, roughly: it stays in a core's cache while it is read, digested and packed.
   */
  private static final int BATCH_BYTES = 1 << 18;

  private final MeteredReader reader;
  private final TensorSlice slice;
  private final TensorInfo tensor;
  private final int rows;
  private final int columns;
  private final boolean interleaved;

  SliceLoader(MeteredReader reader, TensorInfo tensor, TensorSlice slice) {
    this.reader = reader;
    this.tensor = tensor;
    this.slice = slice;
    rows = slice.rows().size();
    columns = slice.columns().size();
    interleaved =
        reader.ropeInterleaved()
            && (slice.part() == TensorPart.QUERY || slice.part() == TensorPart.KEY);
  }

  /** Bytes of the file that the slice takes. */
  static long fileBytes(TensorInfo tensor, TensorSlice slice) {
    Range columns = tensor.roundOut(slice.columns());
    return tensor.type().rowBytes(columns.size()) * slice.rows().size();
  }

  /** The digest of what was loaded. */
  SliceDigest digest() {
    return new SliceDigest(
        tensor.name(), slice.rows(), tensor.roundOut(slice.columns()), reader.digest());
  }

  /** A norm's weights as floats. */
  float[] norm() {
    MemorySegment raw = MemorySegment.ofArray(new byte[Math.toIntExact(tensor.byteLength())]);
    reader.read(tensor, slice.rows(), raw);
    float[] weights = new float[columns];
    FloatRows.decode(tensor.type(), raw, 0, weights, 0, columns);
    for (int i = 0; i < columns; i++) {
      if (!Float.isFinite(weights[i])) {
        throw malformed("has a weight that is NaN or infinite");
      }
    }
    return weights;
  }

  /** A matrix, quantized on the way if {@code quantization} says so for this part. */
  Panels matrix(Quantization quantization) {
    OwnBits bits = quantization.bits(slice.part());
    return bits == null ? asStored() : quantized(OwnFormat.of(reader.config(), tensor, bits));
  }

  private Panels asStored() {
    Range stored = tensor.roundOut(slice.columns());
    int rowBytes = Math.toIntExact(tensor.type().rowBytes(stored.size()));
    Panels panels = allocate(tensor.type());
    PanelPacker packer = new PanelPacker(tensor.type());
    int batchRows = batchRows(rowBytes);
    byte[] raw = new byte[Math.multiplyExact(batchRows, rowBytes)];
    for (int first = 0; first < rows; first += batchRows) {
      int count = Math.min(batchRows, rows - first);
      MemorySegment batch = MemorySegment.ofArray(raw).asSlice(0, (long) count * rowBytes);
      reader.read(tensor, fileRows(first, count), stored, batch);
      RowOffsets offsets =
          interleaved
              ? RowOffsets.interleaved(first, rowBytes, reader.config().headDim())
              : RowOffsets.consecutive(first, rowBytes);
      for (int row = first; row < first + count; row += Panels.LANES) {
        pack(packer, panels, row / Panels.LANES, raw, offsets);
      }
    }
    return panels;
  }

  private Panels allocate(WeightType type) {
    try {
      return PanelPacker.allocate(type, rows, columns, slice.columns().start());
    } catch (IllegalArgumentException e) {
      throw new ModelException.Unsupported(
          tensor.file(), tensor.name(), "cannot be cut: " + e.getMessage());
    }
  }

  private void pack(PanelPacker packer, Panels panels, int panel, byte[] raw, RowOffsets offsets) {
    try {
      packer.pack(panels, panel, raw, offsets);
    } catch (NonFiniteException e) {
      throw malformed("has a weight or scale that is NaN or infinite");
    }
  }

  private Panels quantized(OwnFormat format) {
    IntegerPanels panels = OwnPacker.allocate(format.bits(), format.group(), rows, columns);
    OwnPacker packer = new OwnPacker();
    OwnRows source = new OwnRows(reader, tensor, format);
    int groups = columns / format.group();
    int batchRows = batchRows(columns);
    byte[] codes = new byte[Math.multiplyExact(batchRows, columns)];
    short[] scales = new short[batchRows * groups];
    byte[] panelCodes = new byte[Panels.LANES * columns];
    short[] panelScales = new short[Panels.LANES * groups];
    for (int first = 0; first < rows; first += batchRows) {
      int count = Math.min(batchRows, rows - first);
      source.read(fileRows(first, count), slice.columns(), codes, scales);
      RowOffsets offsets =
          interleaved
              ? RowOffsets.interleaved(first, 1, reader.config().headDim())
              : RowOffsets.consecutive(first, 1);
      for (int row = first; row < first + count; row += Panels.LANES) {
        int panel = row / Panels.LANES;
        for (int lane = 0; lane < panels.lanes(panel); lane++) {
          int from = offsets.at(row + lane);
          System.arraycopy(codes, from * columns, panelCodes, lane * columns, columns);
          System.arraycopy(scales, from * groups, panelScales, lane * groups, groups);
        }
        packer.pack(panels, panel, panelCodes, panelScales);
      }
    }
    return panels;
  }

  private Range fileRows(int first, int count) {
    int start = slice.rows().start() + first;
    return new Range(start, start + count);
  }

  /** Rows of a batch: whole panels, whole heads where rows are permuted. */
  private int batchRows(int rowBytes) {
    int unit = Panels.LANES;
    if (interleaved) {
      unit = leastCommonMultiple(unit, reader.config().headDim());
    }
    return Math.max(1, BATCH_BYTES / Math.multiplyExact(unit, rowBytes)) * unit;
  }

  private static int leastCommonMultiple(int a, int b) {
    int x = a;
    int y = b;
    while (y != 0) {
      int rest = x % y;
      x = y;
      y = rest;
    }
    return Math.multiplyExact(a / x, b);
  }

  private ModelException malformed(String reason) {
    return new ModelException.Malformed(tensor.file(), tensor.name(), reason);
  }
}
