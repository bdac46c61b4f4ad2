package io.carovana.worker.kernels;

/**
 * A weight matrix (or this rank's part of one) repacked so that neighbouring lanes are neighbouring
 * output rows (rule 1): panels of {@link #LANES} rows, k ascending inside a panel. Rows beyond the
 * matrix are zeros.
 */
public sealed interface Panels permits FloatPanels, HalfPanels, IntegerPanels {
  /** Output rows per panel. */
  int LANES = 32;

  /** How the weights are kept. */
  PanelFormat format();

  /** Output rows, without padding. */
  int rows();

  /** Input columns. */
  int columns();

  /** Bytes of the arrays. */
  long bytes();

  /** Number of panels. */
  default int count() {
    return panelsOf(rows());
  }

  /** Real rows of {@code panel}; fewer than {@link #LANES} only in the last. */
  default int lanes(int panel) {
    return Math.min(LANES, rows() - panel * LANES);
  }

  /** The weight at {@code row}, {@code column} as the format means it, rounded to f32. */
  float weight(int row, int column);

  /** Panels that {@code rows} rows need. */
  static int panelsOf(int rows) {
    return Math.toIntExact(((long) rows + LANES - 1) / LANES);
  }

  /**
   * An array length, checked.
   *
   * @throws IllegalArgumentException if no array is that long; the matrix must be cut further
   */
  static int arrayLength(int rows, long perPanel) {
    long length = Math.multiplyExact((long) panelsOf(rows), perPanel);
    if (length > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "a matrix part of " + length + " elements does not fit one array; use more ranks");
    }
    return (int) length;
  }
}
