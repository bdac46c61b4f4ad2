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
 * weighted values do not, so they are int32.
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
      for (int d = 0; d < dims; d++) {
        FloatVector ka = FloatVector.fromArray(FLOATS, keys, d * PAGE + lane);
        FloatVector kb = FloatVector.fromArray(FLOATS, keys, d * PAGE + lane + F);
        FloatVector q0 = FloatVector.broadcast(FLOATS, q[qAt + d]);
        a0 = q0.fma(ka, a0);
        b0 = q0.fma(kb, b0);
        FloatVector q1 = FloatVector.broadcast(FLOATS, q[qAt + dims + d]);
        a1 = q1.fma(ka, a1);
        b1 = q1.fma(kb, b1);
        FloatVector q2 = FloatVector.broadcast(FLOATS, q[qAt + 2 * dims + d]);
        a2 = q2.fma(ka, a2);
        b2 = q2.fma(kb, b2);
        FloatVector q3 = FloatVector.broadcast(FLOATS, q[qAt + 3 * dims + d]);
        a3 = q3.fma(ka, a3);
        b3 = q3.fma(kb, b3);
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
    for (int key = 0; key < PAGE; key++) {
      int at = from + key * headDim;
      IntVector va = IntVector.fromArray(INTS, values, at);
      IntVector vb = IntVector.fromArray(INTS, values, at + F);
      IntVector w0 = IntVector.broadcast(INTS, weights[weightsAt + key]);
      a0 = a0.add(w0.mul(va));
      b0 = b0.add(w0.mul(vb));
      IntVector w1 = IntVector.broadcast(INTS, weights[weightsAt + BLOCK + key]);
      a1 = a1.add(w1.mul(va));
      b1 = b1.add(w1.mul(vb));
      IntVector w2 = IntVector.broadcast(INTS, weights[weightsAt + 2 * BLOCK + key]);
      a2 = a2.add(w2.mul(va));
      b2 = b2.add(w2.mul(vb));
      IntVector w3 = IntVector.broadcast(INTS, weights[weightsAt + 3 * BLOCK + key]);
      a3 = a3.add(w3.mul(va));
      b3 = b3.add(w3.mul(vb));
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
