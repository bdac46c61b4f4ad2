package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import jdk.incubator.vector.FloatVector;

/**
 * Puts exact dot products into chains, group after group (rule 2), for columns whose scales and
 * minima lie unpacked in the scratch.
 */
final class GroupChains {
  /** Distance of two rows' dots in {@link KernelScratch#dots}. */
  static final int ROW_DOTS = KernelScratch.UNPACK_COLUMNS / Activations.SUM_COLUMNS * Panels.LANES;

  private GroupChains() {}

  /**
   * Adds the groups of columns {@code [from, to)} to 32 chains of each row.
   *
   * @param rows 1 or {@link KernelScratch#DOT_ROWS}
   * @param partColumns columns of a dot product in {@link KernelScratch#dots}, whole numbers {@code
   *     [row][part][32]}; a group is one part or several
   * @param out chains, row i's from {@code outAt + i * 32}
   */
  static void add(
      IntegerPanels weights,
      int from,
      int to,
      Activations x,
      int row,
      int rows,
      int partColumns,
      float[] out,
      int outAt,
      KernelScratch scratch) {
    PanelFormat format = weights.format();
    int groups = (to - from) / format.group();
    int parts = format.group() / partColumns;
    if (parts > 1) {
      for (int i = 0; i < rows; i++) {
        mergeParts(scratch.dots(), i * ROW_DOTS, groups, parts);
      }
    }
    int scaleAt = x.scaleIndex(row, from);
    int sumsAt = x.sumIndex(row, from);
    int blockGroups = format.block() / format.group();
    if (rows == KernelScratch.DOT_ROWS) {
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        int at = outAt + lane;
        if (format.hasMinimum()) {
          minima4(scratch, lane, x, scaleAt, sumsAt, groups, lane, out, at);
        } else {
          plain4(scratch, lane, x, scaleAt, blockGroups, groups, lane, out, at);
        }
      }
    } else {
      for (int lane = 0; lane < Panels.LANES; lane += 2 * F) {
        int at = outAt + lane;
        if (format.hasMinimum()) {
          minima1(scratch, lane, x, scaleAt, sumsAt, groups, lane, out, at);
        } else {
          plain1(scratch, lane, x, scaleAt, blockGroups, groups, lane, out, at);
        }
      }
    }
  }

  /** Adds the parts of each group, exactly: sums stay whole numbers below 2^24. */
  private static void mergeParts(float[] dots, int at, int groups, int parts) {
    for (int g = 0; g < groups; g++) {
      int part = at + g * parts * Panels.LANES;
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        FloatVector sum = FloatVector.fromArray(FLOATS, dots, part + lane);
        for (int i = 1; i < parts; i++) {
          sum = sum.add(FloatVector.fromArray(FLOATS, dots, part + i * Panels.LANES + lane));
        }
        sum.intoArray(dots, at + g * Panels.LANES + lane);
      }
    }
  }

  private static void plain1(
      KernelScratch scratch,
      int lane,
      Activations x,
      int scaleAt,
      int blockGroups,
      int groups,
      int dotsAt,
      float[] out,
      int outAt) {
    float[] scales = scratch.groupScales();
    float[] dots = scratch.dots();
    float[] inputScales = x.scales();
    FloatVector a = FloatVector.fromArray(FLOATS, out, outAt);
    FloatVector b = FloatVector.fromArray(FLOATS, out, outAt + F);
    for (int g = 0; g < groups; g++) {
      int at = g * Panels.LANES + lane;
      float inputScale = inputScales[scaleAt + g / blockGroups];
      FloatVector scaleA = FloatVector.fromArray(FLOATS, scales, at).mul(inputScale);
      FloatVector scaleB = FloatVector.fromArray(FLOATS, scales, at + F).mul(inputScale);
      int dot = dotsAt + g * Panels.LANES;
      a = FloatVector.fromArray(FLOATS, dots, dot).fma(scaleA, a);
      b = FloatVector.fromArray(FLOATS, dots, dot + F).fma(scaleB, b);
    }
    a.intoArray(out, outAt);
    b.intoArray(out, outAt + F);
  }

  private static void plain4(
      KernelScratch scratch,
      int lane,
      Activations x,
      int scaleAt,
      int blockGroups,
      int groups,
      int dotsAt,
      float[] out,
      int outAt) {
    float[] scales = scratch.groupScales();
    float[] dots = scratch.dots();
    float[] inputScales = x.scales();
    int stride = x.columns() / Activations.MIN_BLOCK;
    FloatVector a0 = FloatVector.fromArray(FLOATS, out, outAt);
    FloatVector a1 = FloatVector.fromArray(FLOATS, out, outAt + Panels.LANES);
    FloatVector a2 = FloatVector.fromArray(FLOATS, out, outAt + 2 * Panels.LANES);
    FloatVector a3 = FloatVector.fromArray(FLOATS, out, outAt + 3 * Panels.LANES);
    for (int g = 0; g < groups; g++) {
      int at = g * Panels.LANES + lane;
      int dot = dotsAt + g * Panels.LANES;
      int s = scaleAt + g / blockGroups;
      FloatVector scale = FloatVector.fromArray(FLOATS, scales, at);
      float x0 = inputScales[s];
      a0 = FloatVector.fromArray(FLOATS, dots, dot).fma(scale.mul(x0), a0);
      float x1 = inputScales[s + stride];
      a1 = FloatVector.fromArray(FLOATS, dots, dot + ROW_DOTS).fma(scale.mul(x1), a1);
      float x2 = inputScales[s + 2 * stride];
      a2 = FloatVector.fromArray(FLOATS, dots, dot + 2 * ROW_DOTS).fma(scale.mul(x2), a2);
      float x3 = inputScales[s + 3 * stride];
      a3 = FloatVector.fromArray(FLOATS, dots, dot + 3 * ROW_DOTS).fma(scale.mul(x3), a3);
    }
    a0.intoArray(out, outAt);
    a1.intoArray(out, outAt + Panels.LANES);
    a2.intoArray(out, outAt + 2 * Panels.LANES);
    a3.intoArray(out, outAt + 3 * Panels.LANES);
  }

  private static void minima1(
      KernelScratch scratch,
      int lane,
      Activations x,
      int scaleAt,
      int sumsAt,
      int groups,
      int dotsAt,
      float[] out,
      int outAt) {
    float[] scales = scratch.groupScales();
    float[] minima = scratch.groupMinima();
    float[] dots = scratch.dots();
    float[] inputScales = x.scales();
    int[] sums = x.sums();
    FloatVector a = FloatVector.fromArray(FLOATS, out, outAt);
    FloatVector b = FloatVector.fromArray(FLOATS, out, outAt + F);
    for (int g = 0; g < groups; g++) {
      int at = g * Panels.LANES + lane;
      float inputScale = inputScales[scaleAt + g];
      FloatVector scaleA = FloatVector.fromArray(FLOATS, scales, at).mul(inputScale);
      FloatVector scaleB = FloatVector.fromArray(FLOATS, scales, at + F).mul(inputScale);
      int dot = dotsAt + g * Panels.LANES;
      a = FloatVector.fromArray(FLOATS, dots, dot).fma(scaleA, a);
      b = FloatVector.fromArray(FLOATS, dots, dot + F).fma(scaleB, b);
      float sum = sums[sumsAt + 2 * g] + sums[sumsAt + 2 * g + 1];
      FloatVector minusSum = FloatVector.broadcast(FLOATS, -sum);
      a = minusSum.fma(FloatVector.fromArray(FLOATS, minima, at).mul(inputScale), a);
      b = minusSum.fma(FloatVector.fromArray(FLOATS, minima, at + F).mul(inputScale), b);
    }
    a.intoArray(out, outAt);
    b.intoArray(out, outAt + F);
  }

  private static void minima4(
      KernelScratch scratch,
      int lane,
      Activations x,
      int scaleAt,
      int sumsAt,
      int groups,
      int dotsAt,
      float[] out,
      int outAt) {
    float[] scales = scratch.groupScales();
    float[] minima = scratch.groupMinima();
    float[] dots = scratch.dots();
    float[] inputScales = x.scales();
    int[] sums = x.sums();
    int stride = x.columns() / Activations.MIN_BLOCK;
    int sumStride = x.columns() / Activations.SUM_COLUMNS;
    FloatVector a0 = FloatVector.fromArray(FLOATS, out, outAt);
    FloatVector a1 = FloatVector.fromArray(FLOATS, out, outAt + Panels.LANES);
    FloatVector a2 = FloatVector.fromArray(FLOATS, out, outAt + 2 * Panels.LANES);
    FloatVector a3 = FloatVector.fromArray(FLOATS, out, outAt + 3 * Panels.LANES);
    for (int g = 0; g < groups; g++) {
      int at = g * Panels.LANES + lane;
      int dot = dotsAt + g * Panels.LANES;
      int s = scaleAt + g;
      FloatVector scale = FloatVector.fromArray(FLOATS, scales, at);
      FloatVector minimum = FloatVector.fromArray(FLOATS, minima, at);
      int u = sumsAt + 2 * g;
      float x0 = inputScales[s];
      a0 = FloatVector.fromArray(FLOATS, dots, dot).fma(scale.mul(x0), a0);
      float sum0 = sums[u] + sums[u + 1];
      a0 = FloatVector.broadcast(FLOATS, -sum0).fma(minimum.mul(x0), a0);
      float x1 = inputScales[s + stride];
      a1 = FloatVector.fromArray(FLOATS, dots, dot + ROW_DOTS).fma(scale.mul(x1), a1);
      float sum1 = sums[u + sumStride] + sums[u + sumStride + 1];
      a1 = FloatVector.broadcast(FLOATS, -sum1).fma(minimum.mul(x1), a1);
      float x2 = inputScales[s + 2 * stride];
      a2 = FloatVector.fromArray(FLOATS, dots, dot + 2 * ROW_DOTS).fma(scale.mul(x2), a2);
      float sum2 = sums[u + 2 * sumStride] + sums[u + 2 * sumStride + 1];
      a2 = FloatVector.broadcast(FLOATS, -sum2).fma(minimum.mul(x2), a2);
      float x3 = inputScales[s + 3 * stride];
      a3 = FloatVector.fromArray(FLOATS, dots, dot + 3 * ROW_DOTS).fma(scale.mul(x3), a3);
      float sum3 = sums[u + 3 * sumStride] + sums[u + 3 * sumStride + 1];
      a3 = FloatVector.broadcast(FLOATS, -sum3).fma(minimum.mul(x3), a3);
    }
    a0.intoArray(out, outAt);
    a1.intoArray(out, outAt + Panels.LANES);
    a2.intoArray(out, outAt + 2 * Panels.LANES);
    a3.intoArray(out, outAt + 3 * Panels.LANES);
  }
}
