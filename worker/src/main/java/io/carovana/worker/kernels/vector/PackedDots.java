package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;
import static io.carovana.worker.kernels.vector.Lanes.INTS;
import static io.carovana.worker.kernels.vector.Lanes.SHORTS;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.PackedOperands;
import io.carovana.worker.kernels.Panels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Exact dot products of one row of activations with packed codes, twice {@link Lanes#F} weight rows
 * at a time, in int16 lanes {@code [row][2 columns]} straight from the panel and, for codes under
 * eight bits, without unpacking them ({@link PackedOperands}). A lane adds every second column
 * only, and as many as leave the sum an int16; then both lanes of a row go to int32:
 *
 * <ul>
 *   <li>codes 0..15 times -127..127: 16 products (30,480), 32 columns;
 *   <li>codes 0..31: the same, and the fifth bits apart;
 *   <li>codes -32..31: 8 products (32,512), 16 columns;
 *   <li>signed bytes: 2 products (32,512), 4 columns.
 * </ul>
 *
 * Loops are written out as far as C2 needs it, and vectors are never handed to methods other than
 * the Vector API's: one that C2 declines to inline would box them.
 */
final class PackedDots {
  /** Distance of two neighbouring int16 of one row. */
  private static final int STEP = 2 * Panels.LANES;

  private PackedDots() {}

  /** Columns of one dot product: a part of a group. */
  static int partColumns(IntegerPanels weights) {
    return weights.format().bits() == 6 ? 16 : 32;
  }

  /** All 32 rows of a panel over columns {@code [from, to)}: {@code dots[part][32 rows]}. */
  static void run(
      IntegerPanels weights, int panel, int from, int to, Activations x, int row, float[] dots) {
    int cell = row * x.columns() + from;
    int codesAt = weights.codeIndex(panel, from);
    int parts = (to - from) / partColumns(weights);
    for (int lane = 0; lane < Panels.LANES; lane += 2 * F) {
      int at = codesAt + 2 * lane;
      switch (weights.format().bits()) {
        case 4 -> {
          int offset = weights.format().offset();
          fourBits(weights.codes(), at, x, cell, offset, parts, dots, lane);
        }
        case 5 -> {
          fourBits(weights.codes(), at, x, cell, 0, parts, dots, lane);
          int highsAt = weights.highIndex(panel, from) + 2 * lane;
          addFifths(weights.highs(), highsAt, x, cell, parts, dots, lane);
        }
        case 6 -> {
          int highsAt = weights.highIndex(panel, from) + 2 * lane;
          sixBits(weights.codes(), at, weights.highs(), highsAt, x, cell, parts, dots, lane);
        }
        default -> bytes(weights.codes(), at, x, x.pairIndex(row, from), parts, dots, lane);
      }
    }
  }

  private static void fourBits(
      short[] codes,
      int codesFrom,
      Activations x,
      int cell,
      int offset,
      int parts,
      float[] dots,
      int dotsFrom) {
    int[] operands = x.packed().nibbles();
    int[] sums = x.sums();
    int sumsAt = cell / Activations.SUM_COLUMNS;
    for (int part = 0; part < parts; part++) {
      int codesAt = codesFrom + part * 4 * STEP;
      int operandsAt = PackedOperands.index(cell) + part * 16;
      ShortVector a = ShortVector.zero(SHORTS);
      ShortVector b = a;
      for (int unit = 0; unit < 4; unit++) {
        ShortVector codesA = ShortVector.fromArray(SHORTS, codes, codesAt + unit * STEP);
        ShortVector codesB = ShortVector.fromArray(SHORTS, codes, codesAt + unit * STEP + 2 * F);
        int at = operandsAt + 4 * unit;
        ShortVector x0 = IntVector.broadcast(INTS, operands[at]).reinterpretAsShorts();
        a = a.add(codesA.mul(x0));
        b = b.add(codesB.mul(x0));
        ShortVector x1 = IntVector.broadcast(INTS, operands[at + 1]).reinterpretAsShorts();
        a = a.add(codesA.lanewise(VectorOperators.LSHR, 4).mul(x1));
        b = b.add(codesB.lanewise(VectorOperators.LSHR, 4).mul(x1));
        ShortVector x2 = IntVector.broadcast(INTS, operands[at + 2]).reinterpretAsShorts();
        a = a.add(codesA.lanewise(VectorOperators.LSHR, 8).mul(x2));
        b = b.add(codesB.lanewise(VectorOperators.LSHR, 8).mul(x2));
        ShortVector x3 = IntVector.broadcast(INTS, operands[at + 3]).reinterpretAsShorts();
        a = a.add(codesA.lanewise(VectorOperators.LSHR, 12).mul(x3));
        b = b.add(codesB.lanewise(VectorOperators.LSHR, 12).mul(x3));
      }
      int excess = offset * (sums[sumsAt + 2 * part] + sums[sumsAt + 2 * part + 1]);
      int dotsAt = dotsFrom + part * Panels.LANES;
      IntVector pairsA = a.reinterpretAsInts();
      IntVector dotA =
          pairsA
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(pairsA.lanewise(VectorOperators.ASHR, Short.SIZE))
              .sub(excess);
      ((FloatVector) dotA.convert(VectorOperators.I2F, 0)).intoArray(dots, dotsAt);
      IntVector pairsB = b.reinterpretAsInts();
      IntVector dotB =
          pairsB
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(pairsB.lanewise(VectorOperators.ASHR, Short.SIZE))
              .sub(excess);
      ((FloatVector) dotB.convert(VectorOperators.I2F, 0)).intoArray(dots, dotsAt + F);
    }
  }

  /** Adds 16 times the products of the fifth bits: 16 products of a lane (32,512). */
  private static void addFifths(
      short[] highs,
      int highsFrom,
      Activations x,
      int cell,
      int parts,
      float[] dots,
      int dotsFrom) {
    int[] operands = x.packed().fifths();
    for (int part = 0; part < parts; part++) {
      int operandsAt = PackedOperands.index(cell) + part * 16;
      int highsAt = highsFrom + part * STEP;
      ShortVector fifthsA = ShortVector.fromArray(SHORTS, highs, highsAt);
      ShortVector fifthsB = ShortVector.fromArray(SHORTS, highs, highsAt + 2 * F);
      ShortVector a = ShortVector.zero(SHORTS);
      ShortVector b = a;
      for (int i = 0; i < 16; i += 4) {
        int at = operandsAt + i;
        ShortVector x0 = IntVector.broadcast(INTS, operands[at]).reinterpretAsShorts();
        a = a.add(fifthsA.mul(x0));
        b = b.add(fifthsB.mul(x0));
        ShortVector x1 = IntVector.broadcast(INTS, operands[at + 1]).reinterpretAsShorts();
        a = a.add(fifthsA.lanewise(VectorOperators.LSHR, 1).mul(x1));
        b = b.add(fifthsB.lanewise(VectorOperators.LSHR, 1).mul(x1));
        ShortVector x2 = IntVector.broadcast(INTS, operands[at + 2]).reinterpretAsShorts();
        a = a.add(fifthsA.lanewise(VectorOperators.LSHR, 2).mul(x2));
        b = b.add(fifthsB.lanewise(VectorOperators.LSHR, 2).mul(x2));
        ShortVector x3 = IntVector.broadcast(INTS, operands[at + 3]).reinterpretAsShorts();
        a = a.add(fifthsA.lanewise(VectorOperators.LSHR, 3).mul(x3));
        b = b.add(fifthsB.lanewise(VectorOperators.LSHR, 3).mul(x3));
        fifthsA = fifthsA.lanewise(VectorOperators.LSHR, 4);
        fifthsB = fifthsB.lanewise(VectorOperators.LSHR, 4);
      }
      int dotsAt = dotsFrom + part * Panels.LANES;
      IntVector pairsA = a.reinterpretAsInts();
      IntVector dotA =
          pairsA
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(pairsA.lanewise(VectorOperators.ASHR, Short.SIZE));
      FloatVector lowA = FloatVector.fromArray(FLOATS, dots, dotsAt);
      lowA.add((FloatVector) dotA.convert(VectorOperators.I2F, 0)).intoArray(dots, dotsAt);
      IntVector pairsB = b.reinterpretAsInts();
      IntVector dotB =
          pairsB
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(pairsB.lanewise(VectorOperators.ASHR, Short.SIZE));
      FloatVector lowB = FloatVector.fromArray(FLOATS, dots, dotsAt + F);
      lowB.add((FloatVector) dotB.convert(VectorOperators.I2F, 0)).intoArray(dots, dotsAt + F);
    }
  }

  private static void sixBits(
      short[] codes,
      int codesFrom,
      short[] highs,
      int highsFrom,
      Activations x,
      int cell,
      int parts,
      float[] dots,
      int dotsFrom) {
    int[] operands = x.packed().nibbles();
    int[] highOperands = x.packed().uppers();
    int[] offsets = x.packed().offsets();
    int offsetsAt = PackedOperands.offsetIndex(cell);
    for (int part = 0; part < parts; part++) {
      int codesAt = codesFrom + part * 2 * STEP;
      int operandsAt = PackedOperands.index(cell) + part * 8;
      int highsAt = highsFrom + part * STEP;
      ShortVector a = IntVector.broadcast(INTS, offsets[offsetsAt + part]).reinterpretAsShorts();
      ShortVector b = a;
      for (int unit = 0; unit < 2; unit++) {
        ShortVector codesA = ShortVector.fromArray(SHORTS, codes, codesAt + unit * STEP);
        ShortVector codesB = ShortVector.fromArray(SHORTS, codes, codesAt + unit * STEP + 2 * F);
        int at = operandsAt + 4 * unit;
        ShortVector x0 = IntVector.broadcast(INTS, operands[at]).reinterpretAsShorts();
        a = a.add(codesA.mul(x0));
        b = b.add(codesB.mul(x0));
        ShortVector x1 = IntVector.broadcast(INTS, operands[at + 1]).reinterpretAsShorts();
        a = a.add(codesA.lanewise(VectorOperators.LSHR, 4).mul(x1));
        b = b.add(codesB.lanewise(VectorOperators.LSHR, 4).mul(x1));
        ShortVector x2 = IntVector.broadcast(INTS, operands[at + 2]).reinterpretAsShorts();
        a = a.add(codesA.lanewise(VectorOperators.LSHR, 8).mul(x2));
        b = b.add(codesB.lanewise(VectorOperators.LSHR, 8).mul(x2));
        ShortVector x3 = IntVector.broadcast(INTS, operands[at + 3]).reinterpretAsShorts();
        a = a.add(codesA.lanewise(VectorOperators.LSHR, 12).mul(x3));
        b = b.add(codesB.lanewise(VectorOperators.LSHR, 12).mul(x3));
      }
      ShortVector uppersA = ShortVector.fromArray(SHORTS, highs, highsAt);
      ShortVector uppersB = ShortVector.fromArray(SHORTS, highs, highsAt + 2 * F);
      for (int i = 0; i < 8; i += 4) {
        int at = operandsAt + i;
        ShortVector x0 = IntVector.broadcast(INTS, highOperands[at]).reinterpretAsShorts();
        a = a.add(uppersA.mul(x0));
        b = b.add(uppersB.mul(x0));
        ShortVector x1 = IntVector.broadcast(INTS, highOperands[at + 1]).reinterpretAsShorts();
        a = a.add(uppersA.lanewise(VectorOperators.LSHR, 2).mul(x1));
        b = b.add(uppersB.lanewise(VectorOperators.LSHR, 2).mul(x1));
        ShortVector x2 = IntVector.broadcast(INTS, highOperands[at + 2]).reinterpretAsShorts();
        a = a.add(uppersA.lanewise(VectorOperators.LSHR, 4).mul(x2));
        b = b.add(uppersB.lanewise(VectorOperators.LSHR, 4).mul(x2));
        ShortVector x3 = IntVector.broadcast(INTS, highOperands[at + 3]).reinterpretAsShorts();
        a = a.add(uppersA.lanewise(VectorOperators.LSHR, 6).mul(x3));
        b = b.add(uppersB.lanewise(VectorOperators.LSHR, 6).mul(x3));
        uppersA = uppersA.lanewise(VectorOperators.LSHR, 8);
        uppersB = uppersB.lanewise(VectorOperators.LSHR, 8);
      }
      int dotsAt = dotsFrom + part * Panels.LANES;
      IntVector pairsA = a.reinterpretAsInts();
      IntVector dotA =
          pairsA
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(pairsA.lanewise(VectorOperators.ASHR, Short.SIZE));
      ((FloatVector) dotA.convert(VectorOperators.I2F, 0)).intoArray(dots, dotsAt);
      IntVector pairsB = b.reinterpretAsInts();
      IntVector dotB =
          pairsB
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(pairsB.lanewise(VectorOperators.ASHR, Short.SIZE));
      ((FloatVector) dotB.convert(VectorOperators.I2F, 0)).intoArray(dots, dotsAt + F);
    }
  }

  private static void bytes(
      short[] codes,
      int codesFrom,
      Activations x,
      int pairsFrom,
      int parts,
      float[] dots,
      int dotsFrom) {
    int[] pairs = x.pairs();
    for (int part = 0; part < parts; part++) {
      int codesAt = codesFrom + part * 8 * STEP;
      int pairsAt = pairsFrom + part * 16;
      IntVector lowA = IntVector.zero(INTS);
      IntVector highA = lowA;
      IntVector lowB = lowA;
      IntVector highB = lowA;
      for (int unit = 0; unit < 8; unit++) {
        ShortVector firstX =
            IntVector.broadcast(INTS, pairs[pairsAt + 2 * unit]).reinterpretAsShorts();
        ShortVector secondX =
            IntVector.broadcast(INTS, pairs[pairsAt + 2 * unit + 1]).reinterpretAsShorts();
        ShortVector codesA = ShortVector.fromArray(SHORTS, codes, codesAt + unit * STEP);
        IntVector a =
            codesA
                .lanewise(VectorOperators.LSHL, Byte.SIZE)
                .lanewise(VectorOperators.ASHR, Byte.SIZE)
                .mul(firstX)
                .add(codesA.lanewise(VectorOperators.ASHR, Byte.SIZE).mul(secondX))
                .reinterpretAsInts();
        lowA =
            lowA.add(
                a.lanewise(VectorOperators.LSHL, Short.SIZE)
                    .lanewise(VectorOperators.ASHR, Short.SIZE));
        highA = highA.add(a.lanewise(VectorOperators.ASHR, Short.SIZE));
        ShortVector codesB = ShortVector.fromArray(SHORTS, codes, codesAt + unit * STEP + 2 * F);
        IntVector b =
            codesB
                .lanewise(VectorOperators.LSHL, Byte.SIZE)
                .lanewise(VectorOperators.ASHR, Byte.SIZE)
                .mul(firstX)
                .add(codesB.lanewise(VectorOperators.ASHR, Byte.SIZE).mul(secondX))
                .reinterpretAsInts();
        lowB =
            lowB.add(
                b.lanewise(VectorOperators.LSHL, Short.SIZE)
                    .lanewise(VectorOperators.ASHR, Short.SIZE));
        highB = highB.add(b.lanewise(VectorOperators.ASHR, Short.SIZE));
      }
      int dotsAt = dotsFrom + part * Panels.LANES;
      ((FloatVector) lowA.add(highA).convert(VectorOperators.I2F, 0)).intoArray(dots, dotsAt);
      ((FloatVector) lowB.add(highB).convert(VectorOperators.I2F, 0)).intoArray(dots, dotsAt + F);
    }
  }
}
