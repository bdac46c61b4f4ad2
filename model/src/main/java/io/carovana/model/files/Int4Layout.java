package io.carovana.model.files;

/**
 * How a checkpoint of 4-bit weights puts eight codes, and eight zero points, into a 32-bit word
 * (facts: AutoGPTQ's QuantLinear, AutoAWQ's WQLinear_GEMM). Nibble 0 is the lowest.
 */
public enum Int4Layout {
  /** Codes of eight inputs a word, zero points stored less one. */
  GPTQ(1),
  /** As {@link #GPTQ}, zero points stored as they are. */
  GPTQ_V2(0),
  /** Codes of eight outputs a word, interleaved; zero points as they are. */
  AWQ(0);

  /** Codes, or zero points, in a word. */
  public static final int PER_WORD = 8;

  /** Bits of a code. */
  public static final int BITS = 4;

  /** The zero point in the middle of the codes. */
  public static final int MIDDLE = 8;

  private static final int EVERY_NIBBLE = 0x11111111;
  private static final int NIBBLE = 0xf;

  private final int zeroOffset;

  Int4Layout(int zeroOffset) {
    this.zeroOffset = zeroOffset;
  }

  /** Whether a word of codes holds eight inputs of one output; else one input of eight outputs. */
  public boolean wordsAlongInputs() {
    return this != AWQ;
  }

  /** The nibble that holds output {@code i} of a word's eight. */
  public int nibbleOf(int i) {
    return this == AWQ ? i / 2 + i % 2 * 4 : i;
  }

  /** The zero point of output {@code i} of a word's eight. */
  public int zero(int word, int i) {
    return (word >>> nibbleOf(i) * BITS & NIBBLE) + zeroOffset;
  }

  /** The word in which all eight zero points are {@link #MIDDLE}. */
  int middleWord() {
    return (MIDDLE - zeroOffset) * EVERY_NIBBLE;
  }

  /**
   * Whether a word's zero points are ambiguous: a stored 15 that is one less than the zero point is
   * read as 16 by some and as 0 by others, and only 0 is ever meant by those who write it.
   */
  boolean isAmbiguous(int word) {
    int all = word & word >>> 1 & word >>> 2 & word >>> 3 & EVERY_NIBBLE;
    return zeroOffset != 0 && all != 0;
  }
}
