package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;

import io.carovana.worker.kernels.ExpPolynomial;
import io.carovana.worker.kernels.NonFiniteException;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** {@link ExpPolynomial} and SiLU in lanes (rule 6). */
final class Exponentials {
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ExpPolynomial.ROUNDER);
  private static final int ABS = 0x7fffffff;
  private static final int INFINITY = 0x7f800000;
  private static final int EXPONENT_BIAS = 127;
  private static final int EXPONENT_SHIFT = 23;

  private Exponentials() {}

  static FloatVector exp(FloatVector x) {
    FloatVector low = x.blend(ExpPolynomial.LOWEST, x.lt(ExpPolynomial.LOWEST));
    FloatVector clamped =
        low.blend(ExpPolynomial.HIGHEST, low.compare(VectorOperators.GT, ExpPolynomial.HIGHEST));
    FloatVector rounder = FloatVector.broadcast(FLOATS, ExpPolynomial.ROUNDER);
    FloatVector shifted = clamped.fma(FloatVector.broadcast(FLOATS, ExpPolynomial.LOG2_E), rounder);
    IntVector n = shifted.reinterpretAsInts().sub(ROUNDER_BITS);
    FloatVector whole = shifted.sub(rounder);
    FloatVector r =
        whole.fma(
            FloatVector.broadcast(FLOATS, -ExpPolynomial.LN2_LOW),
            whole.fma(FloatVector.broadcast(FLOATS, -ExpPolynomial.LN2_HIGH), clamped));
    FloatVector p = r.fma(constant(ExpPolynomial.C6), constant(ExpPolynomial.C5));
    p = r.fma(p, constant(ExpPolynomial.C4));
    p = r.fma(p, constant(ExpPolynomial.C3));
    p = r.fma(p, constant(ExpPolynomial.C2));
    p = r.mul(r).fma(p, r).add(1f);
    IntVector half = n.lanewise(VectorOperators.ASHR, 1);
    return p.mul(powerOfTwo(half)).mul(powerOfTwo(n.sub(half)));
  }

  private static FloatVector constant(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }

  private static FloatVector powerOfTwo(IntVector n) {
    return n.add(EXPONENT_BIAS)
        .lanewise(VectorOperators.LSHL, EXPONENT_SHIFT)
        .reinterpretAsFloats();
  }

  /** {@code x = exp(x)}. */
  static void exp(float[] x, int offset, int n) {
    int end = offset + FLOATS.loopBound(n);
    int i = offset;
    for (; i < end; i += F) {
      exp(FloatVector.fromArray(FLOATS, x, i)).intoArray(x, i);
    }
    for (; i < offset + n; i++) {
      x[i] = ExpPolynomial.exp(x[i]);
    }
  }

  /** {@code x = exp(x - bias)}; {@code n} is a multiple of {@link Lanes#F}. */
  static void expMinus(float[] x, int offset, int n, float bias) {
    for (int i = offset; i < offset + n; i += F) {
      exp(FloatVector.fromArray(FLOATS, x, i).sub(bias)).intoArray(x, i);
    }
  }

  /** {@code out = silu(gate) * up}. */
  static void siluMultiply(
      float[] gate, int gateOffset, float[] up, int upOffset, float[] out, int outOffset, int n) {
    IntVector largest = IntVector.zero(Lanes.INTS);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += F) {
      FloatVector g = FloatVector.fromArray(FLOATS, gate, gateOffset + i);
      FloatVector silu = g.div(exp(g.neg()).add(1f));
      FloatVector value = silu.mul(FloatVector.fromArray(FLOATS, up, upOffset + i));
      largest = largest.max(value.reinterpretAsInts().and(ABS));
      value.intoArray(out, outOffset + i);
    }
    // Magnitudes' bits order as magnitudes do; a mask carried through the loop would be boxed.
    boolean allFinite = largest.reduceLanes(VectorOperators.MAX) < INFINITY;
    for (; i < n; i++) {
      float value = ExpPolynomial.silu(gate[gateOffset + i]) * up[upOffset + i];
      allFinite &= Float.isFinite(value);
      out[outOffset + i] = value;
    }
    if (!allFinite) {
      throw new NonFiniteException("silu");
    }
  }
}
