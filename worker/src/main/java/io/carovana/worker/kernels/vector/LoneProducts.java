package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.BYTES;
import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.INTS;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.QuantizedPages;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * One query against one page in q8: memory's speed is the limit, so bytes are widened in registers.
 * An int lane holds the four neighbours of one key, or of one dimension of the values.
 */
final class LoneProducts {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;
  private static final int FOUR = QuantizedPages.FOUR;

  private LoneProducts() {}

  /** Dot products of one query with a page's 32 keys. */
  static void scores(byte[] keys, int keysAt, int dims, int[] q, int qAt, int[] dots, int dotsAt) {
    for (int lane = 0; lane < PAGE; lane += 2 * F) {
      IntVector a = IntVector.zero(INTS);
      IntVector b = a;
      for (int d = 0; d < dims; d += FOUR) {
        int at = keysAt + d * PAGE + lane * FOUR;
        IntVector x = ByteVector.fromArray(BYTES, keys, at).reinterpretAsInts();
        IntVector y = ByteVector.fromArray(BYTES, keys, at + FOUR * F).reinterpretAsInts();
        IntVector q0 = IntVector.broadcast(INTS, q[qAt + d]);
        IntVector q1 = IntVector.broadcast(INTS, q[qAt + d + 1]);
        IntVector q2 = IntVector.broadcast(INTS, q[qAt + d + 2]);
        IntVector q3 = IntVector.broadcast(INTS, q[qAt + d + 3]);
        a =
            a.add(x.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24).mul(q0))
                .add(
                    x.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24).mul(q1))
                .add(x.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24).mul(q2))
                .add(x.lanewise(VectorOperators.ASHR, 24).mul(q3));
        b =
            b.add(y.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24).mul(q0))
                .add(
                    y.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24).mul(q1))
                .add(y.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24).mul(q2))
                .add(y.lanewise(VectorOperators.ASHR, 24).mul(q3));
      }
      a.intoArray(dots, dotsAt + lane);
      b.intoArray(dots, dotsAt + lane + F);
    }
  }

  /** Adds a page's 32 weighted values to one query's sums. */
  static void values(
      byte[] values,
      int valuesAt,
      int headDim,
      int[] weights,
      int weightsAt,
      int[] sums,
      int sumsAt) {
    int d = 0;
    for (; d + 2 * F <= headDim; d += 2 * F) {
      two(values, valuesAt + d * FOUR, headDim, weights, weightsAt, sums, sumsAt + d);
    }
    for (; d + F <= headDim; d += F) {
      one(values, valuesAt + d * FOUR, headDim, weights, weightsAt, sums, sumsAt + d);
    }
    for (; d < headDim; d++) {
      int sum = 0;
      for (int key = 0; key < PAGE; key++) {
        int at = valuesAt + key / FOUR * FOUR * headDim + d * FOUR + key % FOUR;
        sum += weights[weightsAt + key] * values[at];
      }
      sums[sumsAt + d] += sum;
    }
  }

  private static void two(
      byte[] values,
      int valuesAt,
      int headDim,
      int[] weights,
      int weightsAt,
      int[] sums,
      int sumsAt) {
    IntVector a = IntVector.fromArray(INTS, sums, sumsAt);
    IntVector b = IntVector.fromArray(INTS, sums, sumsAt + F);
    for (int key = 0; key < PAGE; key += FOUR) {
      int at = valuesAt + key * headDim;
      IntVector x = ByteVector.fromArray(BYTES, values, at).reinterpretAsInts();
      IntVector y = ByteVector.fromArray(BYTES, values, at + FOUR * F).reinterpretAsInts();
      IntVector w0 = IntVector.broadcast(INTS, weights[weightsAt + key]);
      IntVector w1 = IntVector.broadcast(INTS, weights[weightsAt + key + 1]);
      IntVector w2 = IntVector.broadcast(INTS, weights[weightsAt + key + 2]);
      IntVector w3 = IntVector.broadcast(INTS, weights[weightsAt + key + 3]);
      a =
          a.add(x.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24).mul(w0))
              .add(x.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24).mul(w1))
              .add(x.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24).mul(w2))
              .add(x.lanewise(VectorOperators.ASHR, 24).mul(w3));
      b =
          b.add(y.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24).mul(w0))
              .add(y.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24).mul(w1))
              .add(y.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24).mul(w2))
              .add(y.lanewise(VectorOperators.ASHR, 24).mul(w3));
    }
    a.intoArray(sums, sumsAt);
    b.intoArray(sums, sumsAt + F);
  }

  private static void one(
      byte[] values,
      int valuesAt,
      int headDim,
      int[] weights,
      int weightsAt,
      int[] sums,
      int sumsAt) {
    IntVector a = IntVector.fromArray(INTS, sums, sumsAt);
    for (int key = 0; key < PAGE; key += FOUR) {
      IntVector x =
          ByteVector.fromArray(BYTES, values, valuesAt + key * headDim).reinterpretAsInts();
      int at = weightsAt + key;
      a =
          a.add(
                  x.lanewise(VectorOperators.LSHL, 24)
                      .lanewise(VectorOperators.ASHR, 24)
                      .mul(weights[at]))
              .add(
                  x.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 24)
                      .mul(weights[at + 1]))
              .add(
                  x.lanewise(VectorOperators.LSHL, 8)
                      .lanewise(VectorOperators.ASHR, 24)
                      .mul(weights[at + 2]))
              .add(x.lanewise(VectorOperators.ASHR, 24).mul(weights[at + 3]));
    }
    a.intoArray(sums, sumsAt);
  }
}
