package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.ExpPolynomial;

/** Writes {@link ExpPolynomial#exp} for sixteen lanes; a NaN stays one. */
final class ExpCode {
  private final Simd simd;
  private final Constants constants;
  private final int lowest;
  private final int log2e;

  /**
   * For a function with the given constants.
   *
   * @param lowest a register that will hold {@link ExpPolynomial#LOWEST}
   * @param log2e one that will hold {@link ExpPolynomial#LOG2_E}
   */
  ExpCode(Simd simd, Constants constants, int lowest, int log2e) {
    this.simd = simd;
    this.constants = constants;
    this.lowest = lowest;
    this.log2e = log2e;
  }

  /** Writes what sets the registers. */
  void prepare() {
    simd.broadcast(lowest, constants.of(ExpPolynomial.LOWEST));
    simd.broadcast(log2e, constants.of(ExpPolynomial.LOG2_E));
  }

  /** {@code x = exp(x)} for x up to {@link ExpPolynomial#HIGHEST}; takes three more registers. */
  void write(int x, int power, int p, int square) {
    simd.maxFloat(x, lowest, x);
    simd.move(power, x);
    simd.fmaInto(power, log2e, constants.of(ExpPolynomial.ROUNDER));
    simd.subtractFloat(power, power, constants.of(ExpPolynomial.ROUNDER));
    simd.fma(x, power, constants.of(-ExpPolynomial.LN2_HIGH));
    simd.fma(x, power, constants.of(-ExpPolynomial.LN2_LOW));
    simd.broadcast(p, constants.of(ExpPolynomial.C6));
    simd.fmaInto(p, x, constants.of(ExpPolynomial.C5));
    simd.fmaInto(p, x, constants.of(ExpPolynomial.C4));
    simd.fmaInto(p, x, constants.of(ExpPolynomial.C3));
    simd.fmaInto(p, x, constants.of(ExpPolynomial.C2));
    simd.multiplyFloat(square, x, x);
    simd.fmaInto(p, square, x);
    simd.addFloat(p, p, constants.of(1f));
    // One rounding, as the specification's two steps have.
    simd.scaleByPower(x, p, power);
  }
}
