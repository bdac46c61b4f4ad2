package io.carovana.model.quant;

/** Code widths of Carovana's own weight formats: symmetric, one f16 scale per group. */
public enum OwnBits {
  /** Codes -8 to 7. */
  Q4(4, -8, 7),
  /** Codes -127 to 127. */
  Q8(8, -127, 127);

  private final int width;
  private final int least;
  private final int most;

  OwnBits(int width, int least, int most) {
    this.width = width;
    this.least = least;
    this.most = most;
  }

  /** Bits of one code. */
  public int width() {
    return width;
  }

  /** Smallest code. */
  public int least() {
    return least;
  }

  /** Largest code. */
  public int most() {
    return most;
  }
}
