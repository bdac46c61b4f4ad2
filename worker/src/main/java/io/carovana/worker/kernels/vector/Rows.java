package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;
import static io.carovana.worker.kernels.vector.Lanes.INTS;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.ExpPolynomial;
import io.carovana.worker.kernels.Int8;
import io.carovana.worker.kernels.NonFiniteException;
import io.carovana.worker.kernels.ScalarKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/** What is done to whole rows: quantization (rule 2) and RMSNorm (rule 6). */
final class Rows {
  private static final int ABS = 0x7fffffff;
  private static final int INFINITY = 0x7f800000;

  private Rows() {}

  static void quantize(Activations x, int block, int row, int columnFrom, int columnTo) {
    for (int column = columnFrom; column < columnTo; column += block) {
      int first = row * x.columns() + column;
      int bits = largestBits(x.values(), first, block);
      if (bits >= INFINITY) {
        throw new NonFiniteException("quantize");
      }
      float largest = Float.intBitsToFloat(bits);
      float factor = Int8.factor(largest);
      x.scales()[x.scaleIndex(row, column)] = Int8.scale(largest);
      for (int i = 0; i < block; i += Activations.SUM_COLUMNS) {
        x.sums()[x.sumIndex(row, column + i)] = codes(x, first + i, factor);
      }
    }
  }

  /** The largest magnitude's bits, which order as magnitudes do. */
  private static int largestBits(float[] values, int first, int n) {
    IntVector largest = IntVector.zero(INTS);
    for (int i = first; i < first + n; i += F) {
      IntVector bits = FloatVector.fromArray(FLOATS, values, i).reinterpretAsInts();
      largest = largest.max(bits.and(ABS));
    }
    return largest.reduceLanes(VectorOperators.MAX);
  }

  /** Quantizes 16 values and returns their sum. */
  private static int codes(Activations x, int at, float factor) {
    IntVector sum = IntVector.zero(INTS);
    for (int i = at; i < at + Activations.SUM_COLUMNS; i += F) {
      FloatVector code =
          FloatVector.fromArray(FLOATS, x.values(), i)
              .mul(factor)
              .add(ExpPolynomial.ROUNDER)
              .sub(ExpPolynomial.ROUNDER);
      code.intoArray(x.codes(), i);
      IntVector whole = (IntVector) code.convert(VectorOperators.F2I, 0);
      ((ShortVector) whole.castShape(Lanes.HALF_SHORTS, 0))
          .reinterpretAsInts()
          .intoArray(x.pairs(), x.pairIndex(0, i));
      sum = sum.add(whole);
    }
    return sum.reduceLanes(VectorOperators.ADD);
  }

  static void rmsNorm(
      float[] x,
      int xOffset,
      float[] weight,
      float eps,
      float[] out,
      int outOffset,
      int n,
      float[] strided) {
    float total = sumOfSquares(x, xOffset, n, strided);
    if (!Float.isFinite(total)) {
      throw new NonFiniteException("rmsNorm");
    }
    float scale = 1f / (float) Math.sqrt(total / n + eps);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += F) {
      FloatVector.fromArray(FLOATS, x, xOffset + i)
          .mul(scale)
          .mul(FloatVector.fromArray(FLOATS, weight, i))
          .intoArray(out, outOffset + i);
    }
    for (; i < n; i++) {
      out[outOffset + i] = x[xOffset + i] * scale * weight[i];
    }
  }

  private static float sumOfSquares(float[] x, int xOffset, int n, float[] strided) {
    int full = n / ScalarKernels.STRIDED * ScalarKernels.STRIDED;
    for (int lane = 0; lane < ScalarKernels.STRIDED; lane += 4 * F) {
      squares(x, xOffset + lane, full, strided, lane);
    }
    for (int i = full; i < n; i++) {
      strided[i - full] = Math.fma(x[xOffset + i], x[xOffset + i], strided[i - full]);
    }
    return ScalarKernels.strideTree(strided, 0);
  }

  /** Four vectors of the 64 accumulators. */
  private static void squares(float[] x, int at, int full, float[] strided, int lane) {
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = FloatVector.zero(FLOATS);
    FloatVector c = FloatVector.zero(FLOATS);
    FloatVector d = FloatVector.zero(FLOATS);
    for (int i = at; i < at + full; i += ScalarKernels.STRIDED) {
      FloatVector va = FloatVector.fromArray(FLOATS, x, i);
      FloatVector vb = FloatVector.fromArray(FLOATS, x, i + F);
      FloatVector vc = FloatVector.fromArray(FLOATS, x, i + 2 * F);
      FloatVector vd = FloatVector.fromArray(FLOATS, x, i + 3 * F);
      a = va.fma(va, a);
      b = vb.fma(vb, b);
      c = vc.fma(vc, c);
      d = vd.fma(vd, d);
    }
    a.intoArray(strided, lane);
    b.intoArray(strided, lane + F);
    c.intoArray(strided, lane + 2 * F);
    d.intoArray(strided, lane + 3 * F);
  }
}
