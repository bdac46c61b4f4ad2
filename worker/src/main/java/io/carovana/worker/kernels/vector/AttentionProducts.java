package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;

import io.carovana.model.Numerics;
import jdk.incubator.vector.FloatVector;

/** The inner loops of attention over one page, for one query and for four. */
final class AttentionProducts {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;
  private static final int BLOCK = Numerics.ATTENTION_BLOCK;

  private AttentionProducts() {}

  /**
   * Scores of four queries with a page's 32 keys, d ascending.
   *
   * @param keys the page; dimension 0 of key 0 at {@code keysAt}
   * @param q query i's dimension 0 at {@code q0..q3}
   * @param scores query i's from {@code scoresAt + i * BLOCK}
   */
  static void scores4(
      float[] keys,
      int keysAt,
      int headDim,
      float scale,
      float[] q,
      int q0,
      int q1,
      int q2,
      int q3,
      float[] scores,
      int scoresAt) {
    for (int lane = 0; lane < PAGE; lane += 2 * F) {
      FloatVector a0 = FloatVector.zero(FLOATS);
      FloatVector b0 = a0;
      FloatVector a1 = a0;
      FloatVector b1 = a0;
      FloatVector a2 = a0;
      FloatVector b2 = a0;
      FloatVector a3 = a0;
      FloatVector b3 = a0;
      for (int d = 0; d < headDim; d++) {
        int at = keysAt + d * PAGE + lane;
        FloatVector ka = FloatVector.fromArray(FLOATS, keys, at);
        FloatVector kb = FloatVector.fromArray(FLOATS, keys, at + F);
        FloatVector v0 = FloatVector.broadcast(FLOATS, q[q0 + d]);
        a0 = v0.fma(ka, a0);
        b0 = v0.fma(kb, b0);
        FloatVector v1 = FloatVector.broadcast(FLOATS, q[q1 + d]);
        a1 = v1.fma(ka, a1);
        b1 = v1.fma(kb, b1);
        FloatVector v2 = FloatVector.broadcast(FLOATS, q[q2 + d]);
        a2 = v2.fma(ka, a2);
        b2 = v2.fma(kb, b2);
        FloatVector v3 = FloatVector.broadcast(FLOATS, q[q3 + d]);
        a3 = v3.fma(ka, a3);
        b3 = v3.fma(kb, b3);
      }
      int into = scoresAt + lane;
      a0.mul(scale).intoArray(scores, into);
      b0.mul(scale).intoArray(scores, into + F);
      a1.mul(scale).intoArray(scores, into + BLOCK);
      b1.mul(scale).intoArray(scores, into + BLOCK + F);
      a2.mul(scale).intoArray(scores, into + 2 * BLOCK);
      b2.mul(scale).intoArray(scores, into + 2 * BLOCK + F);
      a3.mul(scale).intoArray(scores, into + 3 * BLOCK);
      b3.mul(scale).intoArray(scores, into + 3 * BLOCK + F);
    }
  }

  /** Scores of one query. */
  static void scores1(
      float[] keys,
      int keysAt,
      int headDim,
      float scale,
      float[] q,
      int qAt,
      float[] scores,
      int scoresAt) {
    for (int lane = 0; lane < PAGE; lane += 2 * F) {
      FloatVector a = FloatVector.zero(FLOATS);
      FloatVector b = a;
      for (int d = 0; d < headDim; d++) {
        int at = keysAt + d * PAGE + lane;
        FloatVector v = FloatVector.broadcast(FLOATS, q[qAt + d]);
        a = v.fma(FloatVector.fromArray(FLOATS, keys, at), a);
        b = v.fma(FloatVector.fromArray(FLOATS, keys, at + F), b);
      }
      a.mul(scale).intoArray(scores, scoresAt + lane);
      b.mul(scale).intoArray(scores, scoresAt + lane + F);
    }
  }

  /**
   * Adds weighted values of a page's keys {@code [0, to)} to four queries, keys ascending.
   *
   * @param values the page; dimension 0 of key 0 at {@code valuesAt}
   * @param p query i's probability of key 0 at {@code pAt + i * BLOCK}
   * @param out query i's from {@code outAt + i * headDim}
   */
  static void values4(
      float[] values,
      int valuesAt,
      int headDim,
      int to,
      float[] p,
      int pAt,
      float[] out,
      int outAt) {
    int d = 0;
    for (; d + 2 * F <= headDim; d += 2 * F) {
      slice4(values, valuesAt + d, headDim, to, p, pAt, out, outAt + d);
    }
    for (int i = 0; i < 4; i++) {
      rest(values, valuesAt, headDim, d, 0, to, p, pAt + i * BLOCK, out, outAt + i * headDim);
    }
  }

  /** The same for keys {@code [from, to)} and one query. */
  static void values1(
      float[] values,
      int valuesAt,
      int headDim,
      int from,
      int to,
      float[] p,
      int pAt,
      float[] out,
      int outAt) {
    int d = 0;
    for (; d + 4 * F <= headDim; d += 4 * F) {
      slice1(values, valuesAt + d, headDim, from, to, p, pAt, out, outAt + d);
    }
    rest(values, valuesAt, headDim, d, from, to, p, pAt, out, outAt);
  }

  private static void slice4(
      float[] values,
      int valuesAt,
      int headDim,
      int to,
      float[] p,
      int pAt,
      float[] out,
      int outAt) {
    int out1 = outAt + headDim;
    int out2 = out1 + headDim;
    int out3 = out2 + headDim;
    FloatVector a0 = FloatVector.fromArray(FLOATS, out, outAt);
    FloatVector b0 = FloatVector.fromArray(FLOATS, out, outAt + F);
    FloatVector a1 = FloatVector.fromArray(FLOATS, out, out1);
    FloatVector b1 = FloatVector.fromArray(FLOATS, out, out1 + F);
    FloatVector a2 = FloatVector.fromArray(FLOATS, out, out2);
    FloatVector b2 = FloatVector.fromArray(FLOATS, out, out2 + F);
    FloatVector a3 = FloatVector.fromArray(FLOATS, out, out3);
    FloatVector b3 = FloatVector.fromArray(FLOATS, out, out3 + F);
    for (int key = 0; key < to; key++) {
      int at = valuesAt + key * headDim;
      FloatVector va = FloatVector.fromArray(FLOATS, values, at);
      FloatVector vb = FloatVector.fromArray(FLOATS, values, at + F);
      FloatVector p0 = FloatVector.broadcast(FLOATS, p[pAt + key]);
      a0 = p0.fma(va, a0);
      b0 = p0.fma(vb, b0);
      FloatVector p1 = FloatVector.broadcast(FLOATS, p[pAt + BLOCK + key]);
      a1 = p1.fma(va, a1);
      b1 = p1.fma(vb, b1);
      FloatVector p2 = FloatVector.broadcast(FLOATS, p[pAt + 2 * BLOCK + key]);
      a2 = p2.fma(va, a2);
      b2 = p2.fma(vb, b2);
      FloatVector p3 = FloatVector.broadcast(FLOATS, p[pAt + 3 * BLOCK + key]);
      a3 = p3.fma(va, a3);
      b3 = p3.fma(vb, b3);
    }
    a0.intoArray(out, outAt);
    b0.intoArray(out, outAt + F);
    a1.intoArray(out, out1);
    b1.intoArray(out, out1 + F);
    a2.intoArray(out, out2);
    b2.intoArray(out, out2 + F);
    a3.intoArray(out, out3);
    b3.intoArray(out, out3 + F);
  }

  private static void slice1(
      float[] values,
      int valuesAt,
      int headDim,
      int from,
      int to,
      float[] p,
      int pAt,
      float[] out,
      int outAt) {
    FloatVector a = FloatVector.fromArray(FLOATS, out, outAt);
    FloatVector b = FloatVector.fromArray(FLOATS, out, outAt + F);
    FloatVector c = FloatVector.fromArray(FLOATS, out, outAt + 2 * F);
    FloatVector d = FloatVector.fromArray(FLOATS, out, outAt + 3 * F);
    for (int key = from; key < to; key++) {
      int at = valuesAt + key * headDim;
      FloatVector weight = FloatVector.broadcast(FLOATS, p[pAt + key]);
      a = weight.fma(FloatVector.fromArray(FLOATS, values, at), a);
      b = weight.fma(FloatVector.fromArray(FLOATS, values, at + F), b);
      c = weight.fma(FloatVector.fromArray(FLOATS, values, at + 2 * F), c);
      d = weight.fma(FloatVector.fromArray(FLOATS, values, at + 3 * F), d);
    }
    a.intoArray(out, outAt);
    b.intoArray(out, outAt + F);
    c.intoArray(out, outAt + 2 * F);
    d.intoArray(out, outAt + 3 * F);
  }

  /** Dimensions from {@code first}: a vector at a time, then one at a time. */
  private static void rest(
      float[] values,
      int valuesAt,
      int headDim,
      int first,
      int from,
      int to,
      float[] p,
      int pAt,
      float[] out,
      int outAt) {
    int d = first;
    for (; d + F <= headDim; d += F) {
      FloatVector acc = FloatVector.fromArray(FLOATS, out, outAt + d);
      for (int key = from; key < to; key++) {
        FloatVector weight = FloatVector.broadcast(FLOATS, p[pAt + key]);
        acc = weight.fma(FloatVector.fromArray(FLOATS, values, valuesAt + key * headDim + d), acc);
      }
      acc.intoArray(out, outAt + d);
    }
    for (; d < headDim; d++) {
      float acc = out[outAt + d];
      for (int key = from; key < to; key++) {
        acc = Math.fma(p[pAt + key], values[valuesAt + key * headDim + d], acc);
      }
      out[outAt + d] = acc;
    }
  }
}
