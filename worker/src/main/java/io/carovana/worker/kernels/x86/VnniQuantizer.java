package io.carovana.worker.kernels.x86;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.NonFiniteException;
import io.carovana.worker.kernels.VnniOperands;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Objects;

/** Quantizes rows (rule 2) by {@link QuantizeCode}. */
final class VnniQuantizer {
  private static final int INFINITY = 0x7f800000;
  private static final MethodHandle CALL =
      CodeCall.of(
          FunctionDescriptor.of(
              JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS,
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  private final MemorySegment blocksOf32;
  private final MemorySegment blocksOf64;
  private final MemorySegment blocksOf128;

  VnniQuantizer() {
    List<MemorySegment> loaded =
        CodeMemory.load(List.of(QuantizeCode.of(32), QuantizeCode.of(64), QuantizeCode.of(128)));
    blocksOf32 = loaded.get(0);
    blocksOf64 = loaded.get(1);
    blocksOf128 = loaded.get(2);
  }

  /** {@link io.carovana.worker.kernels.Kernels#quantize}. */
  void quantize(Activations x, int block, int rowFrom, int rowTo, int columnFrom, int columnTo) {
    x.setBlock(block);
    MemorySegment entry =
        switch (block) {
          case 32 -> blocksOf32;
          case 64 -> blocksOf64;
          case 128 -> blocksOf128;
          default -> throw new IllegalArgumentException("no blocks of " + block);
        };
    Objects.checkFromToIndex(rowFrom, rowTo, x.maxRows());
    Objects.checkFromToIndex(columnFrom, columnTo, x.columns());
    if (columnFrom % block != 0 || columnTo % block != 0) {
      throw new IllegalArgumentException(
          "columns " + columnFrom + " to " + columnTo + " cut a block of " + block);
    }
    boolean empty = rowFrom == rowTo || columnFrom == columnTo;
    if (!empty && largestBits(entry, x, rowFrom, rowTo, columnFrom, columnTo) >= INFINITY) {
      throw new NonFiniteException("quantize");
    }
  }

  private static int largestBits(
      MemorySegment entry, Activations x, int rowFrom, int rowTo, int columnFrom, int columnTo) {
    int block = x.block();
    int recordBytes = VnniOperands.recordBytes(block);
    long blocksOfRow = x.columns() / block;
    long blocks = (columnTo - columnFrom) / block;
    long blocksBetween = blocksOfRow - blocks;
    long firstBlock = rowFrom * blocksOfRow + columnFrom / block;
    try {
      return (int)
          CALL.invokeExact(
              entry,
              MemorySegment.ofArray(x.values()),
              firstBlock * block * Float.BYTES,
              MemorySegment.ofArray(x.codes()),
              MemorySegment.ofArray(x.scales()),
              (long) Float.BYTES * x.scaleIndex(rowFrom, columnFrom),
              MemorySegment.ofArray(x.vnni().forNibbles()),
              MemorySegment.ofArray(x.vnni().forBytes()),
              firstBlock * recordBytes,
              blocks,
              (long) (rowTo - rowFrom),
              blocksBetween * block * Float.BYTES,
              (long) Float.BYTES * (x.columns() / Activations.MIN_BLOCK) - blocks * Float.BYTES,
              blocksBetween * recordBytes);
    } catch (Throwable e) {
      throw new IllegalStateException("machine code of quantization failed", e);
    }
  }
}
