package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;

import io.carovana.worker.kernels.HalfPanels;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Unpacks columns of a panel into floats {@code [column][32 rows]}; integers stay whole numbers.
 */
final class Unpack {
  /** Distance of two neighbouring pairs of one row. */
  private static final int STEP = 2 * Panels.LANES;

  private Unpack() {}

  /** Integer codes of columns {@code [from, to)}, offsets subtracted. */
  static void integers(IntegerPanels weights, int panel, int from, int to, float[] out) {
    switch (weights.format().bits()) {
      case 4 -> nibbles(weights, panel, from, to, out);
      case 5 -> fiveBits(weights, panel, from, to, out);
      case 6 -> sixBits(weights, panel, from, to, out);
      default -> bytes(weights, panel, from, to, out);
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

  private static void nibbles(IntegerPanels weights, int panel, int from, int to, float[] out) {
    short offset = (short) weights.format().offset();
    int at = weights.codeIndex(panel, from);
    for (int k = from; k < to; k += 8, at += STEP) {
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        ShortVector eight = CodePairs.load(weights.codes(), at + 2 * lane);
        for (int i = 0; i < 4; i++) {
          int into = (k - from + 2 * i) * Panels.LANES + lane;
          store(CodePairs.nibbles(eight, 0).sub(offset), out, into);
          eight = eight.lanewise(VectorOperators.LSHR, 4);
        }
      }
    }
  }

  private static void bytes(IntegerPanels weights, int panel, int from, int to, float[] out) {
    int at = weights.codeIndex(panel, from);
    for (int k = from; k < to; k += 4, at += STEP) {
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        ShortVector four = CodePairs.load(weights.codes(), at + 2 * lane);
        int into = (k - from) * Panels.LANES + lane;
        store(CodePairs.firstBytes(four), out, into);
        store(CodePairs.secondBytes(four), out, into + 2 * Panels.LANES);
      }
    }
  }

  private static void fiveBits(IntegerPanels weights, int panel, int from, int to, float[] out) {
    for (int k = from; k < to; k += 32) {
      int at = weights.codeIndex(panel, k);
      int highAt = weights.highIndex(panel, k);
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        ShortVector highs = CodePairs.load(weights.highs(), highAt + 2 * lane);
        for (int unit = 0; unit < 4; unit++) {
          ShortVector fifths = CodePairs.up(CodePairs.down(highs, 4 * unit), 4);
          ShortVector eight = CodePairs.load(weights.codes(), at + unit * STEP + 2 * lane);
          int into = (k - from + 8 * unit) * Panels.LANES + lane;
          for (int i = 0; i < 4; i++, into += STEP) {
            store(CodePairs.nibbles(eight, i).or(CodePairs.fifthBits(fifths, i)), out, into);
          }
        }
      }
    }
  }

  private static void sixBits(IntegerPanels weights, int panel, int from, int to, float[] out) {
    short offset = (short) weights.format().offset();
    for (int k = from; k < to; k += 16) {
      int at = weights.codeIndex(panel, k);
      int highAt = weights.highIndex(panel, k);
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        ShortVector highs = CodePairs.load(weights.highs(), highAt + 2 * lane);
        for (int unit = 0; unit < 2; unit++) {
          ShortVector uppers = CodePairs.up(CodePairs.down(highs, 8 * unit), 4);
          ShortVector eight = CodePairs.load(weights.codes(), at + unit * STEP + 2 * lane);
          int into = (k - from + 8 * unit) * Panels.LANES + lane;
          for (int i = 0; i < 4; i++, into += STEP) {
            ShortVector six = CodePairs.nibbles(eight, i).or(CodePairs.upperBits(uppers, i));
            store(six.sub(offset), out, into);
          }
        }
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
