package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;

import io.carovana.worker.kernels.HalfPanels;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import jdk.incubator.vector.FloatVector;

/** Chains over 16-bit weights for one row of activations, widened on the way (rule 3). */
final class FloatRow {
  private FloatRow() {}

  /**
   * All 32 rows of a panel.
   *
   * @param x activations; column {@code from} at {@code xAt}
   */
  static void halves(
      HalfPanels weights, int panel, int from, int to, float[] x, int xAt, float[] out, int outAt) {
    boolean f16 = weights.format() == PanelFormat.F16;
    int at = weights.index(panel, from);
    for (int lane = 0; lane < Panels.LANES; lane += 2 * F) {
      if (f16) {
        f16(weights.values(), at + lane, to - from, x, xAt, out, outAt + lane);
      } else {
        bf16(weights.values(), at + lane, to - from, x, xAt, out, outAt + lane);
      }
    }
  }

  private static void f16(
      short[] weights, int at, int columns, float[] x, int xAt, float[] out, int outAt) {
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = FloatVector.zero(FLOATS);
    for (int k = 0; k < columns; k++) {
      FloatVector v = FloatVector.broadcast(FLOATS, x[xAt + k]);
      a = v.fma(Lanes.widenF16(weights, at + k * Panels.LANES), a);
      b = v.fma(Lanes.widenF16(weights, at + k * Panels.LANES + F), b);
    }
    a.intoArray(out, outAt);
    b.intoArray(out, outAt + F);
  }

  private static void bf16(
      short[] weights, int at, int columns, float[] x, int xAt, float[] out, int outAt) {
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = FloatVector.zero(FLOATS);
    for (int k = 0; k < columns; k++) {
      FloatVector v = FloatVector.broadcast(FLOATS, x[xAt + k]);
      a = v.fma(Lanes.widenBf16(weights, at + k * Panels.LANES), a);
      b = v.fma(Lanes.widenBf16(weights, at + k * Panels.LANES + F), b);
    }
    a.intoArray(out, outAt);
    b.intoArray(out, outAt + F);
  }
}
