package io.carovana.worker.kernels.pack;

import io.carovana.worker.kernels.Panels;

/**
 * Moves codes from the file's bytes, one column a byte, to a panel's int16, where even and odd
 * columns lie side by side; eight columns are one 64-bit word.
 */
final class CodeBits {
  /** Columns of a word. */
  static final int EIGHT = Long.BYTES;

  /** Distance of two neighbouring pairs of one row in a panel. */
  static final int STEP = 2 * Panels.LANES;

  private static final int NIBBLE = 4;

  private CodeBits() {}

  /**
   * Bits {@code [shift, shift + bits)} of bytes 0, 2, 4 and 6, one behind the other. The product
   * has a copy of the word for each of the four bytes, moved so that its bits end in their place
   * among the topmost; all other bits of the copies fall below or out, on places of their own, so
   * that nothing is carried.
   *
   * @param bits 1, 2 or 4
   */
  private static int even(long word, int shift, int bits) {
    long apart = word >>> shift & 0x0001000100010001L * ((1 << bits) - 1);
    long top = 1L << Long.SIZE - 4 * bits;
    int step = Short.SIZE - bits;
    long places = top | top >>> step | top >>> 2 * step | top >>> 3 * step;
    return (int) (apart * places >>> Long.SIZE - 4 * bits);
  }

  private static int odd(long word, int shift, int bits) {
    return even(word >>> Byte.SIZE, shift, bits);
  }

  /** The nibbles at bit {@code shift} of eight columns. */
  static void nibbles(long word, int shift, short[] out, int at) {
    out[at] = (short) even(word, shift, NIBBLE);
    out[at + 1] = (short) odd(word, shift, NIBBLE);
  }

  /** The nibbles at bit {@code shift} of 32 columns. */
  static void nibbles32(byte[] raw, int from, int shift, short[] out, int at) {
    for (int i = 0; i < 4; i++) {
      nibbles(LittleEndian.word(raw, from + i * EIGHT), shift, out, at + i * STEP);
    }
  }

  /** Two pairs: the signed bytes of eight columns. */
  static void bytes(long word, short[] out, int at) {
    out[at] = (short) (word & 0xff | word >>> 8 & 0xff00);
    out[at + 1] = (short) (word >>> 8 & 0xff | word >>> 16 & 0xff00);
    out[at + STEP] = (short) (word >>> 32 & 0xff | word >>> 40 & 0xff00);
    out[at + STEP + 1] = (short) (word >>> 40 & 0xff | word >>> 48 & 0xff00);
  }

  /** {@code bits} bits at bit {@code shift} of so many words' columns, all in one pair. */
  static void highBits(byte[] raw, int from, int shift, int bits, int words, short[] out, int at) {
    int evens = 0;
    int odds = 0;
    for (int i = 0; i < words; i++) {
      long word = LittleEndian.word(raw, from + i * EIGHT);
      evens |= even(word, shift, bits) << i * 4 * bits;
      odds |= odd(word, shift, bits) << i * 4 * bits;
    }
    out[at] = (short) evens;
    out[at + 1] = (short) odds;
  }
}
