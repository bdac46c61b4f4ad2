package io.carovana.worker.kernels.x86;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.carovana.worker.kernels.ExpPolynomial;
import io.carovana.worker.kernels.NonFiniteException;
import io.carovana.worker.kernels.ScalarKernels;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** RMSNorm and SiLU (rule 6) by {@link RowsCode}. */
final class VnniRows {
  private static final int WIDTH = RowsCode.WIDTH;
  private static final int INFINITY = 0x7f800000;
  private static final MethodHandle SUM_OF_SQUARES =
      CodeCall.of(FunctionDescriptor.of(JAVA_FLOAT, ADDRESS, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle SCALE =
      CodeCall.of(ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_FLOAT);
  private static final MethodHandle SILU =
      CodeCall.of(
          FunctionDescriptor.of(
              JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG));

  private final MemorySegment sumOfSquares;
  private final MemorySegment scale;
  private final MemorySegment silu;

  VnniRows() {
    List<MemorySegment> loaded =
        CodeMemory.load(List.of(RowsCode.sumOfSquares(), RowsCode.scale(), RowsCode.silu()));
    sumOfSquares = loaded.get(0);
    scale = loaded.get(1);
    silu = loaded.get(2);
  }

  /** Whether a row is whole strides of the sum. */
  static boolean takes(int n) {
    return n % ScalarKernels.STRIDED == 0;
  }

  /** {@link io.carovana.worker.kernels.Kernels#rmsNorm} of a row that {@link #takes} allows. */
  void rmsNorm(
      float[] x, int xOffset, float[] weight, float eps, float[] out, int outOffset, int n) {
    try {
      MemorySegment row = MemorySegment.ofArray(x);
      long at = (long) Float.BYTES * xOffset;
      float total =
          (float)
              SUM_OF_SQUARES.invokeExact(sumOfSquares, row, at, (long) n / ScalarKernels.STRIDED);
      if (!Float.isFinite(total)) {
        throw new NonFiniteException("rmsNorm");
      }
      SCALE.invokeExact(
          scale,
          row,
          at,
          MemorySegment.ofArray(weight),
          MemorySegment.ofArray(out),
          (long) Float.BYTES * outOffset,
          (long) n / WIDTH,
          1f / (float) Math.sqrt(total / n + eps));
    } catch (NonFiniteException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("machine code of rmsNorm failed", e);
    }
  }

  /** {@link io.carovana.worker.kernels.Kernels#siluMultiply}. */
  void siluMultiply(
      float[] gate, int gateOffset, float[] up, int upOffset, float[] out, int outOffset, int n) {
    int whole = n / WIDTH * WIDTH;
    boolean finite =
        whole == 0 || largestBits(gate, gateOffset, up, upOffset, out, outOffset, whole) < INFINITY;
    for (int i = whole; i < n; i++) {
      float value = ExpPolynomial.silu(gate[gateOffset + i]) * up[upOffset + i];
      finite &= Float.isFinite(value);
      out[outOffset + i] = value;
    }
    if (!finite) {
      throw new NonFiniteException("silu");
    }
  }

  private int largestBits(
      float[] gate, int gateOffset, float[] up, int upOffset, float[] out, int outOffset, int n) {
    try {
      return (int)
          SILU.invokeExact(
              silu,
              MemorySegment.ofArray(gate),
              (long) Float.BYTES * gateOffset,
              MemorySegment.ofArray(up),
              (long) Float.BYTES * upOffset,
              MemorySegment.ofArray(out),
              (long) Float.BYTES * outOffset,
              (long) n / WIDTH);
    } catch (Throwable e) {
      throw new IllegalStateException("machine code of silu failed", e);
    }
  }
}
