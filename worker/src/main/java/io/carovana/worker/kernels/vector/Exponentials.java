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

  /**
   * {@code x = exp(x - bias)} where nothing is above the bias. Written out, two vectors at a time:
   * a method of this size is compiled by itself, while one that is inlined into attention exceeds
   * what the compiler inlines together, and then its vectors travel through memory.
   *
   * @param n a multiple of two vectors
   */
  static void expMinus(float[] x, int offset, int n, float bias) {
    FloatVector log2e = constant(ExpPolynomial.LOG2_E);
    FloatVector rounder = constant(ExpPolynomial.ROUNDER);
    FloatVector ln2Low = constant(-ExpPolynomial.LN2_LOW);
    FloatVector ln2High = constant(-ExpPolynomial.LN2_HIGH);
    FloatVector c2 = constant(ExpPolynomial.C2);
    FloatVector c3 = constant(ExpPolynomial.C3);
    FloatVector c4 = constant(ExpPolynomial.C4);
    FloatVector c5 = constant(ExpPolynomial.C5);
    FloatVector c6 = constant(ExpPolynomial.C6);
    for (int i = offset; i < offset + n; i += 2 * F) {
      FloatVector a = FloatVector.fromArray(FLOATS, x, i).sub(bias);
      a = a.blend(ExpPolynomial.LOWEST, a.lt(ExpPolynomial.LOWEST));
      FloatVector aShifted = a.fma(log2e, rounder);
      IntVector aN = aShifted.reinterpretAsInts().sub(ROUNDER_BITS);
      FloatVector aWhole = aShifted.sub(rounder);
      FloatVector aR = aWhole.fma(ln2Low, aWhole.fma(ln2High, a));
      FloatVector aP = aR.fma(c6, c5);
      aP = aR.fma(aP, c4);
      aP = aR.fma(aP, c3);
      aP = aR.fma(aP, c2);
      aP = aR.mul(aR).fma(aP, aR).add(1f);
      IntVector aHalf = aN.lanewise(VectorOperators.ASHR, 1);
      IntVector aRest = aN.sub(aHalf).add(EXPONENT_BIAS);
      aP.mul(
              aHalf
                  .add(EXPONENT_BIAS)
                  .lanewise(VectorOperators.LSHL, EXPONENT_SHIFT)
                  .reinterpretAsFloats())
          .mul(aRest.lanewise(VectorOperators.LSHL, EXPONENT_SHIFT).reinterpretAsFloats())
          .intoArray(x, i);
      FloatVector b = FloatVector.fromArray(FLOATS, x, i + F).sub(bias);
      b = b.blend(ExpPolynomial.LOWEST, b.lt(ExpPolynomial.LOWEST));
      FloatVector bShifted = b.fma(log2e, rounder);
      IntVector bN = bShifted.reinterpretAsInts().sub(ROUNDER_BITS);
      FloatVector bWhole = bShifted.sub(rounder);
      FloatVector bR = bWhole.fma(ln2Low, bWhole.fma(ln2High, b));
      FloatVector bP = bR.fma(c6, c5);
      bP = bR.fma(bP, c4);
      bP = bR.fma(bP, c3);
      bP = bR.fma(bP, c2);
      bP = bR.mul(bR).fma(bP, bR).add(1f);
      IntVector bHalf = bN.lanewise(VectorOperators.ASHR, 1);
      IntVector bRest = bN.sub(bHalf).add(EXPONENT_BIAS);
      bP.mul(
              bHalf
                  .add(EXPONENT_BIAS)
                  .lanewise(VectorOperators.LSHL, EXPONENT_SHIFT)
                  .reinterpretAsFloats())
          .mul(bRest.lanewise(VectorOperators.LSHL, EXPONENT_SHIFT).reinterpretAsFloats())
          .intoArray(x, i + F);
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
