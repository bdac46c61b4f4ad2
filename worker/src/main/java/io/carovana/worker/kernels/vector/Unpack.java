package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;

import io.carovana.worker.kernels.HalfPanels;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Unpacks columns of a panel into floats {@code [column][32 rows]}; integers stay whole numbers.
 */
final class Unpack {
  private static final int NIBBLE = 15;

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
    byte[] codes = weights.codes();
    short offset = (short) weights.format().offset();
    int at = weights.codeIndex(panel, from);
    int cells = (to - from) * Panels.LANES;
    for (int cell = 0; cell < cells; cell += 4 * Panels.LANES, at += 2 * Panels.LANES) {
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        ShortVector four = Lanes.unsignedPairs(codes, at + 2 * lane);
        store(low(four).sub(offset), out, cell + lane);
        store(high(four).sub(offset), out, cell + 2 * Panels.LANES + lane);
      }
    }
  }

  private static void bytes(IntegerPanels weights, int panel, int from, int to, float[] out) {
    byte[] codes = weights.codes();
    int at = weights.codeIndex(panel, from);
    int cells = (to - from) * Panels.LANES;
    for (int cell = 0; cell < cells; cell += 2 * Panels.LANES, at += 2 * Panels.LANES) {
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        store(Lanes.signedPairs(codes, at + 2 * lane), out, cell + lane);
      }
    }
  }

  /** Sixteen columns share a byte pair of fifth bits. */
  private static void fiveBits(IntegerPanels weights, int panel, int from, int to, float[] out) {
    byte[] codes = weights.codes();
    for (int k = from; k < to; k += 16) {
      int at = weights.codeIndex(panel, k);
      int highAt = weights.highIndex(panel, k);
      int cell = (k - from) * Panels.LANES;
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        ShortVector highs = Lanes.unsignedPairs(weights.highs(), highAt + 2 * lane);
        for (int unit = 0; unit < 4; unit++) {
          ShortVector four = Lanes.unsignedPairs(codes, at + 2 * (unit * Panels.LANES + lane));
          int into = cell + 4 * unit * Panels.LANES + lane;
          store(low(four).or(fifthBit(highs, 2 * unit)), out, into);
          store(high(four).or(fifthBit(highs, 2 * unit + 1)), out, into + 2 * Panels.LANES);
        }
      }
    }
  }

  /** Eight columns share a byte pair of upper bits. */
  private static void sixBits(IntegerPanels weights, int panel, int from, int to, float[] out) {
    byte[] codes = weights.codes();
    short offset = (short) weights.format().offset();
    for (int k = from; k < to; k += 8) {
      int at = weights.codeIndex(panel, k);
      int highAt = weights.highIndex(panel, k);
      int cell = (k - from) * Panels.LANES;
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        ShortVector highs = Lanes.unsignedPairs(weights.highs(), highAt + 2 * lane);
        for (int unit = 0; unit < 2; unit++) {
          ShortVector four = Lanes.unsignedPairs(codes, at + 2 * (unit * Panels.LANES + lane));
          int into = cell + 4 * unit * Panels.LANES + lane;
          ShortVector first = low(four).or(upperBits(highs, 2 * unit)).sub(offset);
          ShortVector second = high(four).or(upperBits(highs, 2 * unit + 1)).sub(offset);
          store(first, out, into);
          store(second, out, into + 2 * Panels.LANES);
        }
      }
    }
  }

  /** The low nibbles. */
  static ShortVector low(ShortVector four) {
    return four.and((short) NIBBLE);
  }

  /** The high nibbles of zero-extended bytes. */
  static ShortVector high(ShortVector four) {
    return four.lanewise(VectorOperators.LSHR, 4);
  }

  /** Bit {@code i} of every lane, at its place above the nibble. */
  static ShortVector fifthBit(ShortVector highs, int i) {
    return highs.lanewise(VectorOperators.LSHR, i).and((short) 1).lanewise(VectorOperators.LSHL, 4);
  }

  /** Bits {@code 2i} and {@code 2i + 1} of every lane, at their place above the nibble. */
  static ShortVector upperBits(ShortVector highs, int i) {
    return highs
        .lanewise(VectorOperators.LSHR, 2 * i)
        .and((short) 3)
        .lanewise(VectorOperators.LSHL, 4);
  }

  /** Writes two columns of {@link Lanes#F} rows. */
  private static void store(ShortVector pairs, float[] out, int at) {
    Lanes.toFloats(Lanes.even(pairs)).intoArray(out, at);
    Lanes.toFloats(Lanes.odd(pairs)).intoArray(out, at + Panels.LANES);
  }
}
