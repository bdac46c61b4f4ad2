package io.carovana.worker.kernels;

/**
 * How weights are kept in {@link Panels}. GGUF's Q4_0 and Q8_0 are the project's own formats with
 * groups of 32, so they share {@link #Q4_G32} and {@link #Q8_G32}.
 */
public enum PanelFormat {
  /** IEEE binary32. */
  F32(32, 0, 0, 0),
  /** IEEE binary16, widened exactly. */
  F16(16, 0, 0, 0),
  /** The upper half of a binary32. */
  BF16(16, 0, 0, 0),
  /** Signed 4-bit codes -8..7, f16 scale per 32; also GGUF's Q4_0. */
  Q4_G32(4, 32, 32, 32),
  /** Signed 4-bit codes, f16 scale per 64. */
  Q4_G64(4, 64, 64, 64),
  /** Signed 4-bit codes, f16 scale per 128. */
  Q4_G128(4, 128, 128, 128),
  /** Signed bytes, f16 scale per 32; also GGUF's Q8_0. */
  Q8_G32(8, 32, 32, 32),
  /** Signed bytes, f16 scale per 64. */
  Q8_G64(8, 64, 64, 64),
  /** Signed bytes, f16 scale per 128. */
  Q8_G128(8, 128, 128, 128),
  /** Codes 0..15; per 32 a 6-bit scale and minimum, per 256 two f16 super-scales. */
  Q4_K(4, 32, 32, 256),
  /** Codes 0..31, otherwise as {@link #Q4_K}. */
  Q5_K(5, 32, 32, 256),
  /** Signed codes -32..31; per 16 an int8 scale, per 256 an f16 super-scale. */
  Q6_K(6, 16, 32, 256);

  private final int bits;
  private final int group;
  private final int block;
  private final int superBlock;

  PanelFormat(int bits, int group, int block, int superBlock) {
    this.bits = bits;
    this.group = group;
    this.block = block;
    this.superBlock = superBlock;
  }

  /** Bits of one weight's code, without scales. */
  public int bits() {
    return bits;
  }

  /** Columns that share a scale; 0 for float weights. */
  public int group() {
    return group;
  }

  /** Columns per block of the quantized input (rule 2); 0 for float weights. */
  public int block() {
    return block;
  }

  /** Columns that share an f16 scale: {@link #group} where there is only one level of scales. */
  public int superBlock() {
    return superBlock;
  }

  /** Whether weights are integers times a scale and the input is quantized. */
  public boolean quantized() {
    return block != 0;
  }

  /** Whether groups have a minimum, which is subtracted. */
  public boolean hasMinimum() {
    return this == Q4_K || this == Q5_K;
  }

  /** Whether the scale is a small integer times an f16 super-scale. */
  public boolean hasSubScales() {
    return superBlock > group;
  }

  /** What is subtracted from a stored code to give its value. */
  public int offset() {
    return switch (this) {
      case Q4_G32, Q4_G64, Q4_G128 -> 8;
      case Q6_K -> 32;
      default -> 0;
    };
  }

  /** Bits of a code kept apart from its low nibble: 0, 1 (Q5_K) or 2 (Q6_K). */
  public int highBits() {
    return bits == 5 || bits == 6 ? bits - 4 : 0;
  }
}
