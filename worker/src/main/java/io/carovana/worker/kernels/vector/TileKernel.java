package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;

import io.carovana.worker.kernels.Panels;
import jdk.incubator.vector.FloatVector;

/**
 * Chains over unpacked weights {@code [column][32 rows]}, four rows of activations and twice {@link
 * Lanes#F} weight rows at a time: eight accumulators stay in registers on every machine.
 */
final class TileKernel {
  /** Activation rows of {@link #dots4}. */
  static final int ROWS = 4;

  private TileKernel() {}

  /**
   * Adds {@code columns} columns to the chains of four rows.
   *
   * @param weights from {@code weightsAt}, lane {@code lane} of its first column
   * @param x activations; row i from {@code xAt + i * xStride}
   * @param out chains so far, row i at {@code outAt + i * outStride}
   */
  static void dots4(
      float[] weights,
      int weightsAt,
      float[] x,
      int xAt,
      int xStride,
      int columns,
      float[] out,
      int outAt,
      int outStride) {
    int x1 = xAt + xStride;
    int x2 = x1 + xStride;
    int x3 = x2 + xStride;
    int out1 = outAt + outStride;
    int out2 = out1 + outStride;
    int out3 = out2 + outStride;
    FloatVector a0 = FloatVector.fromArray(FLOATS, out, outAt);
    FloatVector b0 = FloatVector.fromArray(FLOATS, out, outAt + F);
    FloatVector a1 = FloatVector.fromArray(FLOATS, out, out1);
    FloatVector b1 = FloatVector.fromArray(FLOATS, out, out1 + F);
    FloatVector a2 = FloatVector.fromArray(FLOATS, out, out2);
    FloatVector b2 = FloatVector.fromArray(FLOATS, out, out2 + F);
    FloatVector a3 = FloatVector.fromArray(FLOATS, out, out3);
    FloatVector b3 = FloatVector.fromArray(FLOATS, out, out3 + F);
    for (int k = 0; k < columns; k++) {
      int at = weightsAt + k * Panels.LANES;
      FloatVector wa = FloatVector.fromArray(FLOATS, weights, at);
      FloatVector wb = FloatVector.fromArray(FLOATS, weights, at + F);
      FloatVector v0 = FloatVector.broadcast(FLOATS, x[xAt + k]);
      a0 = v0.fma(wa, a0);
      b0 = v0.fma(wb, b0);
      FloatVector v1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
      a1 = v1.fma(wa, a1);
      b1 = v1.fma(wb, b1);
      FloatVector v2 = FloatVector.broadcast(FLOATS, x[x2 + k]);
      a2 = v2.fma(wa, a2);
      b2 = v2.fma(wb, b2);
      FloatVector v3 = FloatVector.broadcast(FLOATS, x[x3 + k]);
      a3 = v3.fma(wa, a3);
      b3 = v3.fma(wb, b3);
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

  /** As {@link #dots4} for one row. */
  static void dots1(
      float[] weights, int weightsAt, float[] x, int xAt, int columns, float[] out, int outAt) {
    FloatVector a = FloatVector.fromArray(FLOATS, out, outAt);
    FloatVector b = FloatVector.fromArray(FLOATS, out, outAt + F);
    for (int k = 0; k < columns; k++) {
      int at = weightsAt + k * Panels.LANES;
      FloatVector v = FloatVector.broadcast(FLOATS, x[xAt + k]);
      a = v.fma(FloatVector.fromArray(FLOATS, weights, at), a);
      b = v.fma(FloatVector.fromArray(FLOATS, weights, at + F), b);
    }
    a.intoArray(out, outAt);
    b.intoArray(out, outAt + F);
  }
}
