package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Panels;
import jdk.incubator.vector.FloatVector;

/** Puts exact dot products into a row's chains, group after group (rule 2). */
final class GroupChains {
  private GroupChains() {}

  /**
   * Adds the groups of columns {@code [from, to)}, at most {@link KernelScratch#UNPACK_COLUMNS}, to
   * 32 chains.
   *
   * @param dots whole numbers {@code [part][32]} from {@code dotsAt}
   * @param partColumns columns of a part; a group is one part or several
   * @param scratch its group scales and minima are those of the columns
   */
  static void add(
      IntegerPanels weights,
      int from,
      int to,
      Activations x,
      int row,
      float[] dots,
      int dotsAt,
      int partColumns,
      float[] out,
      int outAt,
      KernelScratch scratch) {
    int group = weights.format().group();
    int groups = (to - from) / group;
    int parts = group / partColumns;
    int blockGroups = weights.format().block() / group;
    float[] scales = scratch.groupScales();
    for (int lane = 0; lane < Panels.LANES; lane += 2 * F) {
      int scaleAt = x.scaleIndex(row, from);
      int at = dotsAt + lane;
      if (weights.format().hasMinimum()) {
        int sumsAt = x.sumIndex(row, from);
        withMinima(scratch, lane, x, scaleAt, sumsAt, groups, dots, at, parts, out, outAt + lane);
      } else if (parts == 1) {
        plain(scales, lane, x.scales(), scaleAt, blockGroups, groups, dots, at, out, outAt + lane);
      } else {
        inParts(scales, lane, x.scales(), scaleAt, groups, dots, at, parts, out, outAt + lane);
      }
    }
  }

  private static void plain(
      float[] scales,
      int lane,
      float[] inputScales,
      int scaleAt,
      int blockGroups,
      int groups,
      float[] dots,
      int dotsAt,
      float[] out,
      int outAt) {
    FloatVector a = FloatVector.fromArray(FLOATS, out, outAt);
    FloatVector b = FloatVector.fromArray(FLOATS, out, outAt + F);
    for (int g = 0; g < groups; g++) {
      int at = g * Panels.LANES;
      float inputScale = inputScales[scaleAt + g / blockGroups];
      FloatVector scaleA = FloatVector.fromArray(FLOATS, scales, at + lane).mul(inputScale);
      FloatVector scaleB = FloatVector.fromArray(FLOATS, scales, at + lane + F).mul(inputScale);
      a = FloatVector.fromArray(FLOATS, dots, dotsAt + at).fma(scaleA, a);
      b = FloatVector.fromArray(FLOATS, dots, dotsAt + at + F).fma(scaleB, b);
    }
    a.intoArray(out, outAt);
    b.intoArray(out, outAt + F);
  }

  /** The same where a group's dot product comes in parts, whose sum is exact in f32. */
  private static void inParts(
      float[] scales,
      int lane,
      float[] inputScales,
      int scaleAt,
      int groups,
      float[] dots,
      int dotsFrom,
      int parts,
      float[] out,
      int outAt) {
    FloatVector a = FloatVector.fromArray(FLOATS, out, outAt);
    FloatVector b = FloatVector.fromArray(FLOATS, out, outAt + F);
    int dotsAt = dotsFrom;
    for (int g = 0; g < groups; g++) {
      int at = g * Panels.LANES + lane;
      FloatVector dotA = FloatVector.fromArray(FLOATS, dots, dotsAt);
      FloatVector dotB = FloatVector.fromArray(FLOATS, dots, dotsAt + F);
      dotsAt += Panels.LANES;
      for (int part = 1; part < parts; part++, dotsAt += Panels.LANES) {
        dotA = dotA.add(FloatVector.fromArray(FLOATS, dots, dotsAt));
        dotB = dotB.add(FloatVector.fromArray(FLOATS, dots, dotsAt + F));
      }
      float inputScale = inputScales[scaleAt + g];
      a = dotA.fma(FloatVector.fromArray(FLOATS, scales, at).mul(inputScale), a);
      b = dotB.fma(FloatVector.fromArray(FLOATS, scales, at + F).mul(inputScale), b);
    }
    a.intoArray(out, outAt);
    b.intoArray(out, outAt + F);
  }

  /** As {@link #inParts}, and subtracts the minima: groups of 32. */
  private static void withMinima(
      KernelScratch scratch,
      int lane,
      Activations x,
      int scaleAt,
      int sumsAt,
      int groups,
      float[] dots,
      int dotsFrom,
      int parts,
      float[] out,
      int outAt) {
    float[] scales = scratch.groupScales();
    float[] minima = scratch.groupMinima();
    FloatVector a = FloatVector.fromArray(FLOATS, out, outAt);
    FloatVector b = FloatVector.fromArray(FLOATS, out, outAt + F);
    int dotsAt = dotsFrom;
    for (int g = 0; g < groups; g++) {
      int at = g * Panels.LANES + lane;
      FloatVector dotA = FloatVector.fromArray(FLOATS, dots, dotsAt);
      FloatVector dotB = FloatVector.fromArray(FLOATS, dots, dotsAt + F);
      dotsAt += Panels.LANES;
      for (int part = 1; part < parts; part++, dotsAt += Panels.LANES) {
        dotA = dotA.add(FloatVector.fromArray(FLOATS, dots, dotsAt));
        dotB = dotB.add(FloatVector.fromArray(FLOATS, dots, dotsAt + F));
      }
      float inputScale = x.scales()[scaleAt + g];
      float sum = x.sums()[sumsAt + 2 * g] + x.sums()[sumsAt + 2 * g + 1];
      a = dotA.fma(FloatVector.fromArray(FLOATS, scales, at).mul(inputScale), a);
      b = dotB.fma(FloatVector.fromArray(FLOATS, scales, at + F).mul(inputScale), b);
      FloatVector minusSum = FloatVector.broadcast(FLOATS, -sum);
      a = minusSum.fma(FloatVector.fromArray(FLOATS, minima, at).mul(inputScale), a);
      b = minusSum.fma(FloatVector.fromArray(FLOATS, minima, at + F).mul(inputScale), b);
    }
    a.intoArray(out, outAt);
    b.intoArray(out, outAt + F);
  }
}
