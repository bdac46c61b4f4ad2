package io.carovana.worker.kernels.x86;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.FloatPanels;
import io.carovana.worker.kernels.HalfPanels;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.PanelProducts;
import io.carovana.worker.kernels.Panels;
import io.carovana.worker.kernels.VnniOperands;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Chains over integer weights by {@link ChainCode}, over float weights by {@link FloatChainCode}.
 */
final class VnniChains implements PanelProducts.Chains {
  /** Most rows of one call. */
  private static final int MAX_ROWS = ChainCode.MAX_ROWS;

  private static final MethodHandle CALL =
      CodeCall.of(
          ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS,
          JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle FLOAT_CALL =
      CodeCall.of(ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);

  /** Entry points, {@code [format][rows - 1]}. */
  private final MemorySegment[][] entries;

  /**
   * Writes and loads the code of all formats.
   *
   * @throws IllegalStateException if the system does not let memory become executable
   */
  VnniChains() {
    PanelFormat[] formats = PanelFormat.values();
    List<byte[]> codes = new ArrayList<>();
    for (PanelFormat format : formats) {
      for (int rows = 1; rows <= MAX_ROWS; rows++) {
        codes.add(
            format.quantized() ? ChainCode.of(format, rows) : FloatChainCode.of(format, rows));
      }
    }
    MemorySegment[] loaded = CodeMemory.load(codes).toArray(MemorySegment[]::new);
    entries = new MemorySegment[formats.length][];
    for (int i = 0; i < formats.length; i++) {
      entries[i] = Arrays.copyOfRange(loaded, i * MAX_ROWS, (i + 1) * MAX_ROWS);
    }
  }

  @Override
  public void run(
      Panels weights,
      int panel,
      int columnFrom,
      int columnTo,
      Activations x,
      int rowFrom,
      int rows,
      float[] out,
      int outOffset,
      KernelScratch scratch) {
    int done = 0;
    while (done < rows) {
      int count = rowsOfCall(rows - done);
      int at = outOffset + done * Panels.LANES;
      int row = rowFrom + done;
      switch (weights) {
        case IntegerPanels integers ->
            run(integers, panel, columnFrom, columnTo, x, row, count, out, at);
        case HalfPanels halves -> {
          long from = (long) Short.BYTES * halves.index(panel, columnFrom);
          MemorySegment values = MemorySegment.ofArray(halves.values());
          run(halves.format(), values, from, columnFrom, columnTo, x, row, count, out, at);
        }
        case FloatPanels floats -> {
          long from = (long) Float.BYTES * floats.index(panel, columnFrom);
          MemorySegment values = MemorySegment.ofArray(floats.values());
          run(floats.format(), values, from, columnFrom, columnTo, x, row, count, out, at);
        }
      }
      done += count;
    }
  }

  /** As many rows as fit, but no lone row after a full call. */
  private static int rowsOfCall(int left) {
    if (left <= MAX_ROWS) {
      return left;
    }
    return left < 2 * MAX_ROWS ? (left + 1) / 2 : MAX_ROWS;
  }

  private void run(
      IntegerPanels weights,
      int panel,
      int columnFrom,
      int columnTo,
      Activations x,
      int row,
      int rows,
      float[] out,
      int outOffset) {
    PanelFormat format = weights.format();
    int block = format.block();
    VnniOperands operands = x.vnni();
    int[] records = format.bits() < Byte.SIZE ? operands.forNibbles() : operands.forBytes();
    int recordBytes = VnniOperands.recordBytes(block);
    long rowBytes = (long) (x.columns() / block) * recordBytes;
    int blocksBefore = (weights.firstColumn() + columnFrom) / block;
    int blocksOfSuper = format.superBlock() / block;
    try {
      CALL.invokeExact(
          entries[format.ordinal()][rows - 1],
          MemorySegment.ofArray(weights.codes()),
          2L * weights.codeIndex(panel, columnFrom),
          MemorySegment.ofArray(weights.highs()),
          format.highBits() == 0 ? 0L : 2L * weights.highIndex(panel, columnFrom),
          MemorySegment.ofArray(weights.scales()),
          2L * weights.scaleIndex(panel, columnFrom),
          MemorySegment.ofArray(weights.subScales()),
          (long) weights.subScaleIndex(panel, columnFrom),
          MemorySegment.ofArray(records),
          row * rowBytes + (long) (columnFrom / block) * recordBytes,
          rowBytes,
          (long) ((columnTo - columnFrom) / block),
          (long) (blocksOfSuper - blocksBefore % blocksOfSuper),
          MemorySegment.ofArray(out),
          (long) Float.BYTES * outOffset);
    } catch (Throwable e) {
      throw new IllegalStateException("machine code of " + format + " failed", e);
    }
  }

  private void run(
      PanelFormat format,
      MemorySegment values,
      long from,
      int columnFrom,
      int columnTo,
      Activations x,
      int row,
      int rows,
      float[] out,
      int outOffset) {
    try {
      FLOAT_CALL.invokeExact(
          entries[format.ordinal()][rows - 1],
          values,
          from,
          MemorySegment.ofArray(x.values()),
          (long) Float.BYTES * (row * x.columns() + columnFrom),
          (long) Float.BYTES * x.columns(),
          (long) (columnTo - columnFrom),
          MemorySegment.ofArray(out),
          (long) Float.BYTES * outOffset);
    } catch (Throwable e) {
      throw new IllegalStateException("machine code of " + format + " failed", e);
    }
  }
}
