package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.SHORTS;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import io.carovana.worker.kernels.HalfPanels;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/** Unpacks columns of a panel: 16-bit floats and bytes to f32, smaller codes to int16. */
final class Unpack {
  /** Distance of two neighbouring pairs of one row. */
  private static final int STEP = 2 * Panels.LANES;

  private static final short NIBBLE = 0x0f;
  private static final short ONE_BIT = 1;
  private static final short TWO_BITS = 3;

  private Unpack() {}

  /**
   * Codes of less than eight bits as int16 {@code [column / 2][32 rows][2]}, offsets subtracted.
   */
  static void shorts(IntegerPanels weights, int panel, int from, int to, short[] out) {
    short offset = (short) weights.format().offset();
    int at = weights.codeIndex(panel, from);
    switch (weights.format().bits()) {
      case 4 -> nibbles(weights.codes(), at, to - from, offset, out);
      case 5 -> {
        int highAt = weights.highIndex(panel, from);
        fiveBits(weights.codes(), at, weights.highs(), highAt, to - from, out);
      }
      default -> {
        int highAt = weights.highIndex(panel, from);
        sixBits(weights.codes(), at, weights.highs(), highAt, to - from, offset, out);
      }
    }
  }

  /** Widens columns {@code [from, to)}. */
  static void halves(HalfPanels weights, int panel, int from, int to, float[] out) {
    boolean f16 = weights.format() == PanelFormat.F16;
    int at = weights.index(panel, from);
    int length = (to - from) * Panels.LANES;
    if (f16) {
      for (int i = 0; i < length; i += F) {
        Lanes.widenF16(weights.values(), at + i).intoArray(out, i);
      }
    } else {
      for (int i = 0; i < length; i += F) {
        Lanes.widenBf16(weights.values(), at + i).intoArray(out, i);
      }
    }
  }

  private static void nibbles(short[] codes, int codesAt, int columns, short offset, short[] out) {
    for (int k = 0; k < columns / 8 * STEP; k += 2 * F) {
      ShortVector eight = ShortVector.fromArray(SHORTS, codes, codesAt + k);
      int into = k / STEP * 4 * STEP + k % STEP;
      eight.and(NIBBLE).sub(offset).intoArray(out, into);
      eight.lanewise(LSHR, 4).and(NIBBLE).sub(offset).intoArray(out, into + STEP);
      eight.lanewise(LSHR, 8).and(NIBBLE).sub(offset).intoArray(out, into + 2 * STEP);
      eight.lanewise(LSHR, 12).sub(offset).intoArray(out, into + 3 * STEP);
    }
  }

  /** Low bits first, then the bits above are added. */
  private static void fiveBits(
      short[] codes, int codesAt, short[] highs, int highsAt, int columns, short[] out) {
    nibbles(codes, codesAt, columns, (short) 0, out);
    for (int k = 0; k < columns / 32 * STEP; k += 2 * F) {
      ShortVector fifths = ShortVector.fromArray(SHORTS, highs, highsAt + k);
      int into = k / STEP * 16 * STEP + k % STEP;
      for (int i = 0; i < 16; i++, into += STEP) {
        ShortVector low = ShortVector.fromArray(SHORTS, out, into);
        fifths.lanewise(LSHR, i).and(ONE_BIT).lanewise(LSHL, 4).add(low).intoArray(out, into);
      }
    }
  }

  private static void sixBits(
      short[] codes,
      int codesAt,
      short[] highs,
      int highsAt,
      int columns,
      short offset,
      short[] out) {
    nibbles(codes, codesAt, columns, offset, out);
    for (int k = 0; k < columns / 16 * STEP; k += 2 * F) {
      ShortVector uppers = ShortVector.fromArray(SHORTS, highs, highsAt + k);
      int into = k / STEP * 8 * STEP + k % STEP;
      for (int i = 0; i < 8; i++, into += STEP) {
        ShortVector low = ShortVector.fromArray(SHORTS, out, into);
        uppers.lanewise(LSHR, 2 * i).and(TWO_BITS).lanewise(LSHL, 4).add(low).intoArray(out, into);
      }
    }
  }

  /** Signed bytes as floats {@code [column][32 rows]}. */
  static void bytes(IntegerPanels weights, int panel, int from, int to, float[] out) {
    int at = weights.codeIndex(panel, from);
    for (int k = from; k < to; k += 4, at += STEP) {
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        ShortVector four = ShortVector.fromArray(SHORTS, weights.codes(), at + 2 * lane);
        int into = (k - from) * Panels.LANES + lane;
        store(four.lanewise(LSHL, Byte.SIZE).lanewise(ASHR, Byte.SIZE), out, into);
        store(four.lanewise(ASHR, Byte.SIZE), out, into + 2 * Panels.LANES);
      }
    }
  }

  /** Writes two columns of {@link Lanes#F} rows. */
  private static void store(ShortVector pairs, float[] out, int at) {
    IntVector ints = pairs.reinterpretAsInts();
    Lanes.toFloats(Lanes.lower(ints)).intoArray(out, at);
    Lanes.toFloats(Lanes.upper(ints)).intoArray(out, at + Panels.LANES);
  }
}
