package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.SHORTS;

import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Takes two neighbouring columns of {@link Lanes#F} rows out of the int16 of {@link
 * io.carovana.worker.kernels.IntegerPanels}: lanes {@code [row][2]}.
 */
final class CodePairs {
  private static final short NIBBLE = 0x0f;
  private static final short FIFTH_BIT = 0x10;
  private static final short UPPER_BITS = 0x30;

  private CodePairs() {}

  static ShortVector load(short[] codes, int at) {
    return ShortVector.fromArray(SHORTS, codes, at);
  }

  /** The nibbles of columns {@code 2i} and {@code 2i + 1}. */
  static ShortVector nibbles(ShortVector codes, int i) {
    return codes.lanewise(VectorOperators.LSHR, 4 * i).and(NIBBLE);
  }

  /** Bit {@code 4 + i} of {@code highs} as bit 4. */
  static ShortVector fifthBits(ShortVector highs, int i) {
    return highs.lanewise(VectorOperators.LSHR, i).and(FIFTH_BIT);
  }

  /** Bits {@code 4 + 2i} and {@code 5 + 2i} of {@code highs} as bits 4 and 5. */
  static ShortVector upperBits(ShortVector highs, int i) {
    return highs.lanewise(VectorOperators.LSHR, 2 * i).and(UPPER_BITS);
  }

  /** All bits moved upwards. */
  static ShortVector up(ShortVector bits, int by) {
    return bits.lanewise(VectorOperators.LSHL, by);
  }

  /** All bits moved downwards. */
  static ShortVector down(ShortVector bits, int by) {
    return bits.lanewise(VectorOperators.LSHR, by);
  }

  /** Signed bytes of columns 0 and 1 of four. */
  static ShortVector firstBytes(ShortVector codes) {
    return codes
        .lanewise(VectorOperators.LSHL, Byte.SIZE)
        .lanewise(VectorOperators.ASHR, Byte.SIZE);
  }

  /** Signed bytes of columns 2 and 3 of four. */
  static ShortVector secondBytes(ShortVector codes) {
    return codes.lanewise(VectorOperators.ASHR, Byte.SIZE);
  }
}
