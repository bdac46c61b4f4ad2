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
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

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

  /** Entry points by rows less one, of the formats that were asked for. */
  private final AtomicReferenceArray<MemorySegment> entries =
      new AtomicReferenceArray<>(PanelFormat.values().length * MAX_ROWS);

  private MemorySegment entry(PanelFormat format, int rows) {
    MemorySegment entry = entries.get(format.ordinal() * MAX_ROWS + rows - 1);
    return entry != null ? entry : load(format, rows);
  }

  /** Writes and loads a format's code. */
  private synchronized MemorySegment load(PanelFormat format, int rows) {
    List<byte[]> codes = new ArrayList<>();
    for (int i = 1; i <= MAX_ROWS; i++) {
      codes.add(format.quantized() ? ChainCode.of(format, i) : FloatChainCode.of(format, i));
    }
    List<MemorySegment> loaded = CodeMemory.load(codes);
    for (int i = 0; i < MAX_ROWS; i++) {
      entries.set(format.ordinal() * MAX_ROWS + i, loaded.get(i));
    }
    return loaded.get(rows - 1);
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
      int count = CodeCall.share(rows - done, MAX_ROWS);
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
          entry(format, rows),
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
          entry(format, rows),
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
