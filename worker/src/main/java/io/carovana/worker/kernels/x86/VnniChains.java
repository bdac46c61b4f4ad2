package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.PanelProducts;
import io.carovana.worker.kernels.Panels;
import io.carovana.worker.kernels.VnniOperands;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Chains over integer weights by {@link ChainCode}; float weights are another implementation's. */
final class VnniChains implements PanelProducts.Chains {
  private static final MethodHandle CALL = call();

  private final PanelProducts.Chains floats;

  /** Entry points, {@code [format][rows - 1]}; empty for float formats. */
  private final MemorySegment[][] entries;

  /**
   * Writes and loads the code of all formats.
   *
   * @param floats chains over float weights
   * @throws IllegalStateException if the system does not let memory become executable
   */
  VnniChains(PanelProducts.Chains floats) {
    this.floats = floats;
    List<PanelFormat> formats =
        Arrays.stream(PanelFormat.values()).filter(PanelFormat::quantized).toList();
    List<byte[]> codes = new ArrayList<>();
    for (PanelFormat format : formats) {
      for (int rows = 1; rows <= ChainCode.MAX_ROWS; rows++) {
        codes.add(ChainCode.of(format, rows));
      }
    }
    List<MemorySegment> loaded = CodeMemory.load(codes);
    entries = new MemorySegment[PanelFormat.values().length][0];
    for (int i = 0; i < formats.size(); i++) {
      int from = i * ChainCode.MAX_ROWS;
      entries[formats.get(i).ordinal()] =
          loaded.subList(from, from + ChainCode.MAX_ROWS).toArray(MemorySegment[]::new);
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
    if (!(weights instanceof IntegerPanels integers)) {
      floats.run(
          weights, panel, columnFrom, columnTo, x, rowFrom, rows, out, outOffset, scratch);
      return;
    }
    int done = 0;
    while (done < rows) {
      int count = rowsOfCall(rows - done);
      int at = outOffset + done * Panels.LANES;
      run(integers, panel, columnFrom, columnTo, x, rowFrom + done, count, out, at);
      done += count;
    }
  }

  /** As many rows as fit, but no lone row after a full call. */
  private static int rowsOfCall(int left) {
    if (left <= ChainCode.MAX_ROWS) {
      return left;
    }
    return left < 2 * ChainCode.MAX_ROWS ? (left + 1) / 2 : ChainCode.MAX_ROWS;
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

  /** How {@link ChainCode} is called: arrays in place, the JVM's thread state unchanged. */
  private static MethodHandle call() {
    return Linker.nativeLinker()
        .downcallHandle(
            FunctionDescriptor.ofVoid(
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG),
            Linker.Option.critical(true));
  }
}
