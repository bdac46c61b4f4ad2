package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;
import static io.carovana.worker.kernels.vector.Lanes.INTS;
import static io.carovana.worker.kernels.vector.Lanes.SHORTS;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Panels;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * Chains over integer weights for one row of activations, {@link Lanes#F} weight rows at a time, in
 * int16 lanes {@code [row][2 columns]} straight from the panel. A lane adds products of every
 * second column only until they could leave int16; then both lanes of a row go to int32:
 *
 * <ul>
 *   <li>codes 0..15 times -127..127: 16 products (30,480), 32 columns;
 *   <li>codes 0..31: 8 products (31,496), 16 columns;
 *   <li>codes 0..63: 4 products (32,004), 8 columns;
 *   <li>signed bytes: 2 products (32,512), 4 columns.
 * </ul>
 *
 * Offsets of the codes are subtracted afterwards, as offset times the sum of the activations.
 */
final class IntegerRow {
  /** Distance of two neighbouring pairs of one row. */
  private static final int STEP = 2 * Panels.LANES;

  private IntegerRow() {}

  /** All 32 rows of a panel over columns {@code [from, to)}. */
  static void run(
      IntegerPanels weights,
      int panel,
      int from,
      int to,
      Activations x,
      int row,
      float[] out,
      int outAt,
      KernelScratch scratch) {
    Arrays.fill(out, outAt, outAt + Panels.LANES, 0f);
    float[] scales = scratch.groupScales();
    float[] minima = scratch.groupMinima();
    for (int k = from; k < to; k += KernelScratch.UNPACK_COLUMNS) {
      int end = Math.min(to, k + KernelScratch.UNPACK_COLUMNS);
      Scales.unpack(weights, panel, k, end, scales, minima);
      int codesAt = weights.codeIndex(panel, k);
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        int at = codesAt + 2 * lane;
        switch (weights.format().bits()) {
          case 4 -> {
            if (weights.format().hasMinimum()) {
              fourBitsMinimum(
                  weights.codes(), at, x, row, k, end, scales, minima, lane, out, outAt);
            } else {
              int group = weights.format().group();
              fourBits(weights.codes(), at, group, x, row, k, end, scales, lane, out, outAt);
            }
          }
          case 5 -> {
            int highsAt = weights.highIndex(panel, k) + 2 * lane;
            fiveBits(weights, at, highsAt, x, row, k, end, scales, minima, lane, out, outAt);
          }
          case 6 -> {
            int highsAt = weights.highIndex(panel, k) + 2 * lane;
            sixBits(weights, at, highsAt, x, row, k, end, scales, lane, out, outAt);
          }
          default -> {
            int group = weights.format().group();
            bytes(weights.codes(), at, group, x, row, k, end, scales, lane, out, outAt);
          }
        }
      }
    }
  }

  private static void fourBits(
      short[] codes,
      int codesFrom,
      int group,
      Activations x,
      int row,
      int from,
      int to,
      float[] scales,
      int lane,
      float[] out,
      int outAt) {
    int codesAt = codesFrom;
    int scaleAt = lane;
    int pairsAt = (row * x.columns() + from) / 2;
    FloatVector acc = FloatVector.fromArray(FLOATS, out, outAt + lane);
    for (int k = from; k < to; k += group) {
      IntVector dot = IntVector.broadcast(INTS, -8 * x.sum(row, k, k + group));
      for (int part = 0; part < group; part += 32) {
        dot = dot.add(four32(codes, codesAt, x.pairs(), pairsAt));
        codesAt += 4 * STEP;
        pairsAt += 32 / 2;
      }
      float inputScale = x.scales()[x.scaleIndex(row, k)];
      FloatVector scale = FloatVector.fromArray(FLOATS, scales, scaleAt).mul(inputScale);
      scaleAt += Panels.LANES;
      acc = Lanes.toFloats(dot).fma(scale, acc);
    }
    acc.intoArray(out, outAt + lane);
  }

  private static void fourBitsMinimum(
      short[] codes,
      int codesFrom,
      Activations x,
      int row,
      int from,
      int to,
      float[] scales,
      float[] minima,
      int lane,
      float[] out,
      int outAt) {
    int codesAt = codesFrom;
    int scaleAt = lane;
    int pairsAt = (row * x.columns() + from) / 2;
    FloatVector acc = FloatVector.fromArray(FLOATS, out, outAt + lane);
    for (int k = from; k < to; k += 32) {
      IntVector dot = four32(codes, codesAt, x.pairs(), pairsAt);
      codesAt += 4 * STEP;
      pairsAt += 32 / 2;
      float inputScale = x.scales()[x.scaleIndex(row, k)];
      float sum = x.sum(row, k, k + 32);
      acc = addWithMinimum(dot, inputScale, sum, scales, minima, scaleAt, acc);
      scaleAt += Panels.LANES;
    }
    acc.intoArray(out, outAt + lane);
  }

  private static void fiveBits(
      IntegerPanels weights,
      int codesFrom,
      int highsFrom,
      Activations x,
      int row,
      int from,
      int to,
      float[] scales,
      float[] minima,
      int lane,
      float[] out,
      int outAt) {
    int codesAt = codesFrom;
    int highsAt = highsFrom;
    int scaleAt = lane;
    int pairsAt = (row * x.columns() + from) / 2;
    FloatVector acc = FloatVector.fromArray(FLOATS, out, outAt + lane);
    for (int k = from; k < to; k += 32) {
      ShortVector highs = CodePairs.load(weights.highs(), highsAt);
      IntVector dot = IntVector.zero(INTS);
      for (int half = 0; half < 2; half++) {
        ShortVector fifths = CodePairs.down(highs, 8 * half);
        dot = dot.add(five16(weights.codes(), codesAt, fifths, x.pairs(), pairsAt));
        codesAt += 2 * STEP;
        pairsAt += 16 / 2;
      }
      highsAt += STEP;
      float inputScale = x.scales()[x.scaleIndex(row, k)];
      float sum = x.sum(row, k, k + 32);
      acc = addWithMinimum(dot, inputScale, sum, scales, minima, scaleAt, acc);
      scaleAt += Panels.LANES;
    }
    acc.intoArray(out, outAt + lane);
  }

  private static void sixBits(
      IntegerPanels weights,
      int codesFrom,
      int highsFrom,
      Activations x,
      int row,
      int from,
      int to,
      float[] scales,
      int lane,
      float[] out,
      int outAt) {
    int codesAt = codesFrom;
    int highsAt = highsFrom;
    int scaleAt = lane;
    int pairsAt = (row * x.columns() + from) / 2;
    int sumsAt = x.sumIndex(row, from);
    FloatVector acc = FloatVector.fromArray(FLOATS, out, outAt + lane);
    for (int k = from; k < to; k += 16) {
      ShortVector highs = CodePairs.load(weights.highs(), highsAt);
      IntVector dot = IntVector.zero(INTS);
      for (int unit = 0; unit < 2; unit++) {
        ShortVector uppers = CodePairs.up(CodePairs.down(highs, 8 * unit), 4);
        int at = codesAt + unit * STEP;
        dot = dot.add(six8(weights.codes(), at, uppers, x.pairs(), pairsAt + 4 * unit));
      }
      float inputScale = x.scales()[x.scaleIndex(row, k)];
      FloatVector scale = FloatVector.fromArray(FLOATS, scales, scaleAt).mul(inputScale);
      acc = Lanes.toFloats(dot.sub(32 * x.sums()[sumsAt])).fma(scale, acc);
      codesAt += 2 * STEP;
      highsAt += STEP;
      scaleAt += Panels.LANES;
      pairsAt += 16 / 2;
      sumsAt++;
    }
    acc.intoArray(out, outAt + lane);
  }

  private static void bytes(
      short[] codes,
      int codesFrom,
      int group,
      Activations x,
      int row,
      int from,
      int to,
      float[] scales,
      int lane,
      float[] out,
      int outAt) {
    int codesAt = codesFrom;
    int scaleAt = lane;
    int pairsAt = (row * x.columns() + from) / 2;
    FloatVector acc = FloatVector.fromArray(FLOATS, out, outAt + lane);
    for (int k = from; k < to; k += group) {
      IntVector dot = IntVector.zero(INTS);
      for (int part = 0; part < group; part += 8) {
        dot = dot.add(bytes4(codes, codesAt, x.pairs(), pairsAt));
        dot = dot.add(bytes4(codes, codesAt + STEP, x.pairs(), pairsAt + 2));
        codesAt += 2 * STEP;
        pairsAt += 8 / 2;
      }
      float inputScale = x.scales()[x.scaleIndex(row, k)];
      FloatVector scale = FloatVector.fromArray(FLOATS, scales, scaleAt).mul(inputScale);
      scaleAt += Panels.LANES;
      acc = Lanes.toFloats(dot).fma(scale, acc);
    }
    acc.intoArray(out, outAt + lane);
  }

  private static FloatVector addWithMinimum(
      IntVector dot,
      float inputScale,
      float sum,
      float[] scales,
      float[] minima,
      int scaleAt,
      FloatVector acc) {
    FloatVector scale = FloatVector.fromArray(FLOATS, scales, scaleAt).mul(inputScale);
    FloatVector minimum = FloatVector.fromArray(FLOATS, minima, scaleAt).mul(inputScale);
    FloatVector scaled = Lanes.toFloats(dot).fma(scale, acc);
    return FloatVector.broadcast(FLOATS, -sum).fma(minimum, scaled);
  }

  /** Codes 0..15 of 32 columns. */
  private static IntVector four32(short[] codes, int at, int[] pairs, int pairsAt) {
    ShortVector sum = ShortVector.zero(SHORTS);
    for (int unit = 0; unit < 4; unit++) {
      ShortVector eight = CodePairs.load(codes, at + unit * STEP);
      for (int i = 0; i < 4; i++) {
        ShortVector four = CodePairs.nibbles(eight, i);
        sum = sum.add(four.mul(Lanes.broadcastPair(pairs, pairsAt + 4 * unit + i)));
      }
    }
    return Lanes.sumPairs(sum);
  }

  /** Codes 0..31 of 16 columns, whose fifth bits are the lowest of {@code fifths}. */
  private static IntVector five16(
      short[] codes, int at, ShortVector fifths, int[] pairs, int pairsAt) {
    ShortVector sum = ShortVector.zero(SHORTS);
    for (int unit = 0; unit < 2; unit++) {
      ShortVector eight = CodePairs.load(codes, at + unit * STEP);
      ShortVector placed = CodePairs.up(CodePairs.down(fifths, 4 * unit), 4);
      for (int i = 0; i < 4; i++) {
        ShortVector five = CodePairs.nibbles(eight, i).or(CodePairs.fifthBits(placed, i));
        sum = sum.add(five.mul(Lanes.broadcastPair(pairs, pairsAt + 4 * unit + i)));
      }
    }
    return Lanes.sumPairs(sum);
  }

  /**
   * Codes 0..63 of eight columns.
   *
   * @param uppers upper bits of columns {@code 2i, 2i + 1} at bit {@code 4 + 2i}
   */
  private static IntVector six8(
      short[] codes, int at, ShortVector uppers, int[] pairs, int pairsAt) {
    ShortVector eight = CodePairs.load(codes, at);
    ShortVector sum = ShortVector.zero(SHORTS);
    for (int i = 0; i < 4; i++) {
      ShortVector six = CodePairs.nibbles(eight, i).or(CodePairs.upperBits(uppers, i));
      sum = sum.add(six.mul(Lanes.broadcastPair(pairs, pairsAt + i)));
    }
    return Lanes.sumPairs(sum);
  }

  /** Signed bytes of four columns. */
  private static IntVector bytes4(short[] codes, int at, int[] pairs, int pairsAt) {
    ShortVector four = CodePairs.load(codes, at);
    ShortVector first = CodePairs.firstBytes(four).mul(Lanes.broadcastPair(pairs, pairsAt));
    ShortVector second = CodePairs.secondBytes(four).mul(Lanes.broadcastPair(pairs, pairsAt + 1));
    return Lanes.sumPairs(first.add(second));
  }
}
