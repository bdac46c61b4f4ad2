package io.carovana.worker.kernels;

/**
 * Quantized inputs for weights that are multiplied as they are packed. Where an int16 {@code w}
 * holds codes {@code c0, c1, ...} of b bits, lowest first,
 *
 * <pre>c0*x0 + c1*x1 + ... = w*x0 + (w >>> b)*(x1 - 2^b*x0) + (w >>> 2b)*(x2 - 2^b*x1) + ...</pre>
 *
 * in arithmetic modulo 2^16, which is exact where the sum itself fits an int16. So no code needs to
 * be masked. All forms are int16 pairs of an even and an odd column, {@code [row][columns / 2]}
 * from {@link #index}; {@code x - 2^b*x'} uses the pair before, except at the start of an int16.
 */
public final class PackedOperands {
  private final int[] nibbles;
  private final int[] fifths;
  private final int[] uppers;
  private final int[] offsets;

  PackedOperands(int cells) {
    nibbles = new int[cells / 2];
    fifths = new int[cells / 2];
    uppers = new int[cells / 2];
    offsets = new int[cells / Activations.SUM_COLUMNS];
  }

  /** For 4-bit codes of eight columns. */
  public int[] nibbles() {
    return nibbles;
  }

  /** For bits of value 16, of 32 columns. */
  public int[] fifths() {
    return fifths;
  }

  /** For two bits of value 16 and 32, of 16 columns. */
  public int[] uppers() {
    return uppers;
  }

  /** For each 16 columns, -32 times the sums of the even and of the odd ones. */
  public int[] offsets() {
    return offsets;
  }

  /** Index of the pair at {@code cell}: row times columns plus column. */
  public static int index(int cell) {
    return cell / 2;
  }

  /** Index in {@link #offsets}. */
  public static int offsetIndex(int cell) {
    return cell / Activations.SUM_COLUMNS;
  }

  long bytes() {
    return 4L * (nibbles.length + fifths.length + uppers.length + offsets.length);
  }
}
