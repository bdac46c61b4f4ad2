package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.Panels;
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
      int outAt) {
    for (int lane = 0; lane < Panels.LANES; lane += F) {
      FloatVector chain =
          switch (weights.format()) {
            case Q4_K -> fourBitsMinimum(weights, panel, from, to, x, row, lane);
            case Q5_K -> fiveBits(weights, panel, from, to, x, row, lane);
            case Q6_K -> sixBits(weights, panel, from, to, x, row, lane);
            case Q8_G32, Q8_G64, Q8_G128 -> bytes(weights, panel, from, to, x, row, lane);
            default -> fourBits(weights, panel, from, to, x, row, lane);
          };
      chain.intoArray(out, outAt + lane);
    }
  }

  private static FloatVector fourBits(
      IntegerPanels weights, int panel, int from, int to, Activations x, int row, int lane) {
    int group = weights.format().group();
    int codesAt = weights.codeIndex(panel, from) + 2 * lane;
    int pairsAt = (row * x.columns() + from) / 2;
    FloatVector acc = FloatVector.zero(FLOATS);
    for (int k = from; k < to; k += group) {
      IntVector dot = IntVector.broadcast(Lanes.INTS, -8 * x.sum(row, k, k + group));
      for (int part = 0; part < group; part += 32) {
        dot = dot.add(dot32(weights.codes(), codesAt, x.pairs(), pairsAt));
        codesAt += 32 / 4 * 2 * Panels.LANES;
        pairsAt += 32 / 2;
      }
      float inputScale = x.scales()[x.scaleIndex(row, k)];
      FloatVector scale = Scales.plain(weights, panel, k, lane).mul(inputScale);
      acc = Lanes.toFloats(dot).fma(scale, acc);
    }
    return acc;
  }

  private static FloatVector fourBitsMinimum(
      IntegerPanels weights, int panel, int from, int to, Activations x, int row, int lane) {
    int codesAt = weights.codeIndex(panel, from) + 2 * lane;
    int pairsAt = (row * x.columns() + from) / 2;
    FloatVector acc = FloatVector.zero(FLOATS);
    for (int k = from; k < to; k += 32) {
      IntVector dot = dot32(weights.codes(), codesAt, x.pairs(), pairsAt);
      codesAt += 32 / 4 * 2 * Panels.LANES;
      pairsAt += 32 / 2;
      acc = addWithMinimum(weights, panel, k, x, row, lane, dot, acc);
    }
    return acc;
  }

  private static FloatVector fiveBits(
      IntegerPanels weights, int panel, int from, int to, Activations x, int row, int lane) {
    int codesAt = weights.codeIndex(panel, from) + 2 * lane;
    int highsAt = weights.highIndex(panel, from) + 2 * lane;
    int pairsAt = (row * x.columns() + from) / 2;
    FloatVector acc = FloatVector.zero(FLOATS);
    for (int k = from; k < to; k += 32) {
      IntVector dot = dot16(weights, codesAt, highsAt, x.pairs(), pairsAt);
      codesAt += 16 / 4 * 2 * Panels.LANES;
      highsAt += 2 * Panels.LANES;
      dot = dot.add(dot16(weights, codesAt, highsAt, x.pairs(), pairsAt + 16 / 2));
      codesAt += 16 / 4 * 2 * Panels.LANES;
      highsAt += 2 * Panels.LANES;
      pairsAt += 32 / 2;
      acc = addWithMinimum(weights, panel, k, x, row, lane, dot, acc);
    }
    return acc;
  }

  private static FloatVector sixBits(
      IntegerPanels weights, int panel, int from, int to, Activations x, int row, int lane) {
    int codesAt = weights.codeIndex(panel, from) + 2 * lane;
    int highsAt = weights.highIndex(panel, from) + 2 * lane;
    int pairsAt = (row * x.columns() + from) / 2;
    int sumsAt = x.sumIndex(row, from);
    FloatVector acc = FloatVector.zero(FLOATS);
    for (int k = from; k < to; k += 32) {
      ShortVector subScales = Scales.pairs(weights, panel, k, lane);
      FloatVector superScale = Scales.plain(weights, panel, k, lane);
      float inputScale = x.scales()[x.scaleIndex(row, k)];
      IntVector first = sixteen(weights, codesAt, highsAt, x.pairs(), pairsAt);
      first = first.sub(32 * x.sums()[sumsAt]);
      codesAt += 16 / 4 * 2 * Panels.LANES;
      highsAt += 2 * 2 * Panels.LANES;
      acc = Lanes.toFloats(first).fma(Scales.first(superScale, subScales).mul(inputScale), acc);
      IntVector second = sixteen(weights, codesAt, highsAt, x.pairs(), pairsAt + 16 / 2);
      second = second.sub(32 * x.sums()[sumsAt + 1]);
      codesAt += 16 / 4 * 2 * Panels.LANES;
      highsAt += 2 * 2 * Panels.LANES;
      acc = Lanes.toFloats(second).fma(Scales.second(superScale, subScales).mul(inputScale), acc);
      pairsAt += 32 / 2;
      sumsAt += 2;
    }
    return acc;
  }

  private static FloatVector bytes(
      IntegerPanels weights, int panel, int from, int to, Activations x, int row, int lane) {
    int group = weights.format().group();
    int codesAt = weights.codeIndex(panel, from) + 2 * lane;
    int pairsAt = (row * x.columns() + from) / 2;
    FloatVector acc = FloatVector.zero(FLOATS);
    for (int k = from; k < to; k += group) {
      IntVector dot = IntVector.zero(Lanes.INTS);
      for (int part = 0; part < group; part += 8) {
        dot = dot.add(bytes4(weights.codes(), codesAt, x.pairs(), pairsAt));
        dot = dot.add(bytes4(weights.codes(), codesAt + 4 * Panels.LANES, x.pairs(), pairsAt + 2));
        codesAt += 8 * Panels.LANES;
        pairsAt += 8 / 2;
      }
      float inputScale = x.scales()[x.scaleIndex(row, k)];
      FloatVector scale = Scales.plain(weights, panel, k, lane).mul(inputScale);
      acc = Lanes.toFloats(dot).fma(scale, acc);
    }
    return acc;
  }

  private static FloatVector addWithMinimum(
      IntegerPanels weights,
      int panel,
      int column,
      Activations x,
      int row,
      int lane,
      IntVector dot,
      FloatVector acc) {
    ShortVector subScales = Scales.pairs(weights, panel, column, lane);
    FloatVector scale = Scales.first(Scales.plain(weights, panel, column, lane), subScales);
    FloatVector minimum =
        Scales.second(Scales.plainMinima(weights, panel, column, lane), subScales);
    float inputScale = x.scales()[x.scaleIndex(row, column)];
    float sum = x.sum(row, column, column + 32);
    FloatVector scaled = Lanes.toFloats(dot).fma(scale.mul(inputScale), acc);
    return FloatVector.broadcast(FLOATS, -sum).fma(minimum.mul(inputScale), scaled);
  }

  /** Codes 0..15 of 32 columns. */
  private static IntVector dot32(byte[] codes, int at, int[] pairs, int pairsAt) {
    ShortVector a = four(codes, at, pairs, pairsAt);
    ShortVector b = four(codes, at + 2 * Panels.LANES, pairs, pairsAt + 2);
    a = a.add(four(codes, at + 4 * Panels.LANES, pairs, pairsAt + 4));
    b = b.add(four(codes, at + 6 * Panels.LANES, pairs, pairsAt + 6));
    a = a.add(four(codes, at + 8 * Panels.LANES, pairs, pairsAt + 8));
    b = b.add(four(codes, at + 10 * Panels.LANES, pairs, pairsAt + 10));
    a = a.add(four(codes, at + 12 * Panels.LANES, pairs, pairsAt + 12));
    b = b.add(four(codes, at + 14 * Panels.LANES, pairs, pairsAt + 14));
    return Lanes.sumPairs(a.add(b));
  }

  /** Codes 0..15 of four columns. */
  private static ShortVector four(byte[] codes, int at, int[] pairs, int pairsAt) {
    ShortVector four = Lanes.unsignedPairs(codes, at);
    ShortVector low = Unpack.low(four).mul(Lanes.broadcastPair(pairs, pairsAt));
    return low.add(Unpack.high(four).mul(Lanes.broadcastPair(pairs, pairsAt + 1)));
  }

  /** Codes 0..31 of 16 columns. */
  private static IntVector dot16(
      IntegerPanels weights, int at, int highsAt, int[] pairs, int pairsAt) {
    byte[] codes = weights.codes();
    ShortVector highs = Lanes.unsignedPairs(weights.highs(), highsAt);
    ShortVector a = five(codes, at, highs, 0, pairs, pairsAt);
    ShortVector b = five(codes, at + 2 * Panels.LANES, highs, 2, pairs, pairsAt + 2);
    a = a.add(five(codes, at + 4 * Panels.LANES, highs, 4, pairs, pairsAt + 4));
    b = b.add(five(codes, at + 6 * Panels.LANES, highs, 6, pairs, pairsAt + 6));
    return Lanes.sumPairs(a.add(b));
  }

  private static ShortVector five(
      byte[] codes, int at, ShortVector highs, int bit, int[] pairs, int pairsAt) {
    ShortVector four = Lanes.unsignedPairs(codes, at);
    ShortVector low = Unpack.low(four).or(Unpack.fifthBit(highs, bit));
    ShortVector high = Unpack.high(four).or(Unpack.fifthBit(highs, bit + 1));
    return low.mul(Lanes.broadcastPair(pairs, pairsAt))
        .add(high.mul(Lanes.broadcastPair(pairs, pairsAt + 1)));
  }

  /** Codes 0..63 of 16 columns. */
  private static IntVector sixteen(
      IntegerPanels weights, int at, int highsAt, int[] pairs, int pairsAt) {
    return eight(weights, at, highsAt, pairs, pairsAt)
        .add(
            eight(
                weights,
                at + 4 * Panels.LANES,
                highsAt + 2 * Panels.LANES,
                pairs,
                pairsAt + 8 / 2));
  }

  /** Codes 0..63 of 8 columns. */
  private static IntVector eight(
      IntegerPanels weights, int at, int highsAt, int[] pairs, int pairsAt) {
    byte[] codes = weights.codes();
    ShortVector highs = Lanes.unsignedPairs(weights.highs(), highsAt);
    ShortVector a = six(codes, at, highs, 0, pairs, pairsAt);
    ShortVector b = six(codes, at + 2 * Panels.LANES, highs, 2, pairs, pairsAt + 2);
    return Lanes.sumPairs(a.add(b));
  }

  private static ShortVector six(
      byte[] codes, int at, ShortVector highs, int place, int[] pairs, int pairsAt) {
    ShortVector four = Lanes.unsignedPairs(codes, at);
    ShortVector low = Unpack.low(four).or(Unpack.upperBits(highs, place));
    ShortVector high = Unpack.high(four).or(Unpack.upperBits(highs, place + 1));
    return low.mul(Lanes.broadcastPair(pairs, pairsAt))
        .add(high.mul(Lanes.broadcastPair(pairs, pairsAt + 1)));
  }

  /** Signed bytes of four columns. */
  private static IntVector bytes4(byte[] codes, int at, int[] pairs, int pairsAt) {
    ShortVector first = Lanes.signedPairs(codes, at).mul(Lanes.broadcastPair(pairs, pairsAt));
    ShortVector second =
        Lanes.signedPairs(codes, at + 2 * Panels.LANES)
            .mul(Lanes.broadcastPair(pairs, pairsAt + 1));
    return Lanes.sumPairs(first.add(second));
  }
}
