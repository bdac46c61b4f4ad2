package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.Bf16Pages;
import io.carovana.worker.kernels.FloatPages;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Writes loads of sixteen f32 numbers a register out of {@link FloatPages}.
 *
 * @param elementBytes bytes of a stored number; with two they are bf16, in the order of {@link
 *     Bf16Pages}
 * @param upperHalves a register that is this object's own
 */
record FloatLoad(Simd simd, int elementBytes, int upperHalves) {
  private static final int LANES = 16;

  /** Writes what sets its register. */
  void prepare() {
    if (isBf16()) {
      simd.ones(upperHalves);
      simd.shiftLeft(upperHalves, upperHalves, Short.SIZE);
    }
  }

  /** Bytes of the numbers of {@code vectors} registers. */
  int bytes(int vectors) {
    return vectors * LANES * elementBytes;
  }

  /** Thirty-two neighbours into two registers. */
  void two(int dest, Memory source) {
    if (isBf16()) {
      simd.shiftLeft(dest, source, Short.SIZE);
      simd.and(dest + 1, upperHalves, source);
    } else {
      simd.load(dest, source);
      simd.load(dest + 1, source.plus(bytes(1)));
    }
  }

  /** Sixteen neighbours, which are not paired in bf16. */
  void one(int dest, Memory source) {
    if (isBf16()) {
      simd.widenUnsigned(dest, source);
      simd.shiftLeft(dest, dest, Short.SIZE);
    } else {
      simd.load(dest, source);
    }
  }

  private boolean isBf16() {
    return elementBytes == Short.BYTES;
  }
}
