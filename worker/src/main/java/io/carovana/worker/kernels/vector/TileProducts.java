package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.BlockSoftmax.BLOCK;
import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;
import static io.carovana.worker.kernels.vector.Lanes.INTS;

import io.carovana.model.Numerics;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Four queries against one widened page in q8. Scores fit a float, so they are f32 multiply-adds;
 * weighted values do not, so they are int32. Two steps of a chain are written out, which C2 does
 * not do with loops of this size.
 */
final class TileProducts {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;

  private TileProducts() {}

  /** Dot products with a page's 32 keys. */
  static void scores4(float[] keys, int dims, float[] q, int qAt, int[] dots, int dotsAt) {
    for (int lane = 0; lane < PAGE; lane += 2 * F) {
      FloatVector a0 = FloatVector.zero(FLOATS);
      FloatVector b0 = a0;
      FloatVector a1 = a0;
      FloatVector b1 = a0;
      FloatVector a2 = a0;
      FloatVector b2 = a0;
      FloatVector a3 = a0;
      FloatVector b3 = a0;
      for (int d = 0; d < dims; d += 2) {
        int at = d * PAGE + lane;
        int qd = qAt + d;
        FloatVector ka0 = FloatVector.fromArray(FLOATS, keys, at + 0 * PAGE);
        FloatVector kb0 = FloatVector.fromArray(FLOATS, keys, at + 0 * PAGE + F);
        FloatVector q00 = FloatVector.broadcast(FLOATS, q[qd + 0 * dims + 0]);
        a0 = q00.fma(ka0, a0);
        b0 = q00.fma(kb0, b0);
        FloatVector q10 = FloatVector.broadcast(FLOATS, q[qd + 1 * dims + 0]);
        a1 = q10.fma(ka0, a1);
        b1 = q10.fma(kb0, b1);
        FloatVector q20 = FloatVector.broadcast(FLOATS, q[qd + 2 * dims + 0]);
        a2 = q20.fma(ka0, a2);
        b2 = q20.fma(kb0, b2);
        FloatVector q30 = FloatVector.broadcast(FLOATS, q[qd + 3 * dims + 0]);
        a3 = q30.fma(ka0, a3);
        b3 = q30.fma(kb0, b3);
        FloatVector ka1 = FloatVector.fromArray(FLOATS, keys, at + 1 * PAGE);
        FloatVector kb1 = FloatVector.fromArray(FLOATS, keys, at + 1 * PAGE + F);
        FloatVector q01 = FloatVector.broadcast(FLOATS, q[qd + 0 * dims + 1]);
        a0 = q01.fma(ka1, a0);
        b0 = q01.fma(kb1, b0);
        FloatVector q11 = FloatVector.broadcast(FLOATS, q[qd + 1 * dims + 1]);
        a1 = q11.fma(ka1, a1);
        b1 = q11.fma(kb1, b1);
        FloatVector q21 = FloatVector.broadcast(FLOATS, q[qd + 2 * dims + 1]);
        a2 = q21.fma(ka1, a2);
        b2 = q21.fma(kb1, b2);
        FloatVector q31 = FloatVector.broadcast(FLOATS, q[qd + 3 * dims + 1]);
        a3 = q31.fma(ka1, a3);
        b3 = q31.fma(kb1, b3);
      }
      int into = dotsAt + lane;
      ((IntVector) a0.convert(VectorOperators.F2I, 0)).intoArray(dots, into);
      ((IntVector) b0.convert(VectorOperators.F2I, 0)).intoArray(dots, into + F);
      ((IntVector) a1.convert(VectorOperators.F2I, 0)).intoArray(dots, into + BLOCK);
      ((IntVector) b1.convert(VectorOperators.F2I, 0)).intoArray(dots, into + BLOCK + F);
      ((IntVector) a2.convert(VectorOperators.F2I, 0)).intoArray(dots, into + 2 * BLOCK);
      ((IntVector) b2.convert(VectorOperators.F2I, 0)).intoArray(dots, into + 2 * BLOCK + F);
      ((IntVector) a3.convert(VectorOperators.F2I, 0)).intoArray(dots, into + 3 * BLOCK);
      ((IntVector) b3.convert(VectorOperators.F2I, 0)).intoArray(dots, into + 3 * BLOCK + F);
    }
  }

  /** Adds a page's 32 weighted values to the queries' sums. */
  static void values4(
      int[] values, int headDim, int[] weights, int weightsAt, int[] sums, int sumsAt) {
    int d = 0;
    for (; d + 2 * F <= headDim; d += 2 * F) {
      slice4(values, d, headDim, weights, weightsAt, sums, sumsAt + d);
    }
    for (int i = 0; i < 4; i++) {
      rest(values, d, headDim, weights, weightsAt + i * BLOCK, sums, sumsAt + i * headDim);
    }
  }

  private static void slice4(
      int[] values, int from, int headDim, int[] weights, int weightsAt, int[] sums, int sumsAt) {
    int sums1 = sumsAt + headDim;
    int sums2 = sums1 + headDim;
    int sums3 = sums2 + headDim;
    IntVector a0 = IntVector.fromArray(INTS, sums, sumsAt);
    IntVector b0 = IntVector.fromArray(INTS, sums, sumsAt + F);
    IntVector a1 = IntVector.fromArray(INTS, sums, sums1);
    IntVector b1 = IntVector.fromArray(INTS, sums, sums1 + F);
    IntVector a2 = IntVector.fromArray(INTS, sums, sums2);
    IntVector b2 = IntVector.fromArray(INTS, sums, sums2 + F);
    IntVector a3 = IntVector.fromArray(INTS, sums, sums3);
    IntVector b3 = IntVector.fromArray(INTS, sums, sums3 + F);
    for (int key = 0; key < PAGE; key += 2) {
      int at = from + key * headDim;
      int wk = weightsAt + key;
      IntVector va0 = IntVector.fromArray(INTS, values, at + 0 * headDim);
      IntVector vb0 = IntVector.fromArray(INTS, values, at + 0 * headDim + F);
      IntVector w00 = IntVector.broadcast(INTS, weights[wk + 0 * BLOCK + 0]);
      a0 = a0.add(w00.mul(va0));
      b0 = b0.add(w00.mul(vb0));
      IntVector w10 = IntVector.broadcast(INTS, weights[wk + 1 * BLOCK + 0]);
      a1 = a1.add(w10.mul(va0));
      b1 = b1.add(w10.mul(vb0));
      IntVector w20 = IntVector.broadcast(INTS, weights[wk + 2 * BLOCK + 0]);
      a2 = a2.add(w20.mul(va0));
      b2 = b2.add(w20.mul(vb0));
      IntVector w30 = IntVector.broadcast(INTS, weights[wk + 3 * BLOCK + 0]);
      a3 = a3.add(w30.mul(va0));
      b3 = b3.add(w30.mul(vb0));
      IntVector va1 = IntVector.fromArray(INTS, values, at + 1 * headDim);
      IntVector vb1 = IntVector.fromArray(INTS, values, at + 1 * headDim + F);
      IntVector w01 = IntVector.broadcast(INTS, weights[wk + 0 * BLOCK + 1]);
      a0 = a0.add(w01.mul(va1));
      b0 = b0.add(w01.mul(vb1));
      IntVector w11 = IntVector.broadcast(INTS, weights[wk + 1 * BLOCK + 1]);
      a1 = a1.add(w11.mul(va1));
      b1 = b1.add(w11.mul(vb1));
      IntVector w21 = IntVector.broadcast(INTS, weights[wk + 2 * BLOCK + 1]);
      a2 = a2.add(w21.mul(va1));
      b2 = b2.add(w21.mul(vb1));
      IntVector w31 = IntVector.broadcast(INTS, weights[wk + 3 * BLOCK + 1]);
      a3 = a3.add(w31.mul(va1));
      b3 = b3.add(w31.mul(vb1));
    }
    a0.intoArray(sums, sumsAt);
    b0.intoArray(sums, sumsAt + F);
    a1.intoArray(sums, sums1);
    b1.intoArray(sums, sums1 + F);
    a2.intoArray(sums, sums2);
    b2.intoArray(sums, sums2 + F);
    a3.intoArray(sums, sums3);
    b3.intoArray(sums, sums3 + F);
  }

  /** Dimensions from {@code from}: a vector at a time, then one at a time. */
  private static void rest(
      int[] values, int from, int headDim, int[] weights, int weightsAt, int[] sums, int sumsAt) {
    int d = from;
    for (; d + F <= headDim; d += F) {
      IntVector sum = IntVector.fromArray(INTS, sums, sumsAt + d);
      for (int key = 0; key < PAGE; key++) {
        IntVector value = IntVector.fromArray(INTS, values, key * headDim + d);
        sum = sum.add(value.mul(weights[weightsAt + key]));
      }
      sum.intoArray(sums, sumsAt + d);
    }
    for (; d < headDim; d++) {
      int sum = sums[sumsAt + d];
      for (int key = 0; key < PAGE; key++) {
        sum += weights[weightsAt + key] * values[key * headDim + d];
      }
      sums[sumsAt + d] = sum;
    }
  }
}
