package io.carovana.worker.kernels;

/**
 * Panels of integer weights with f16 scales, at about the size of the file's own blocks.
 *
 * <ul>
 *   <li>{@link #codes}: an int16 holds some columns of one row, lowest bits first, even and odd
 *       columns side by side: {@code [column / columns per pair][32 rows][2]}. A pair holds the
 *       4-bit codes (or the low four bits) of eight columns, or the bytes of four. A shift and a
 *       mask leave two neighbouring columns of a row in neighbouring lanes, as they are in {@link
 *       Activations#pairs}.
 *   <li>{@link #highs}: the bits above the low four in the same order: Q5_K's fifth bits of 32
 *       columns a pair, Q6_K's upper two of 16.
 *   <li>{@link #scales}: f16, {@code [super-block][32 rows]}; where the format has a minimum {@code
 *       [super-block][2][32 rows]}, first d, then dmin.
 *   <li>{@link #subScales}: K-quants, {@code [column / 32][32 rows][2]}: scale and minimum, or the
 *       scales of two neighbouring groups.
 * </ul>
 *
 * A part that begins inside a super-block keeps that super-block's scales: see {@link
 * #firstColumn}.
 */
public final class IntegerPanels implements Panels {
  private final PanelFormat format;
  private final int rows;
  private final int columns;
  private final int firstColumn;
  private final int superBlocks;
  private final short[] codes;
  private final short[] highs;
  private final short[] scales;
  private final byte[] subScales;

  /**
   * Zeros of the given shape.
   *
   * @param firstColumn columns of the first super-block that lie before this part; a multiple of
   *     the format's block
   * @throws IllegalArgumentException if columns are not whole blocks, or the part is too large
   */
  public IntegerPanels(PanelFormat format, int rows, int columns, int firstColumn) {
    if (!format.quantized()) {
      throw new IllegalArgumentException(format + " is not an integer format");
    }
    if (columns % format.block() != 0
        || firstColumn % format.block() != 0
        || firstColumn < 0
        || firstColumn >= format.superBlock()) {
      throw new IllegalArgumentException(
          columns + " columns from " + firstColumn + " are not whole " + format + " blocks");
    }
    this.format = format;
    this.rows = rows;
    this.columns = columns;
    this.firstColumn = firstColumn;
    this.superBlocks = (firstColumn + columns + format.superBlock() - 1) / format.superBlock();
    int planes = format.hasMinimum() ? 2 : 1;
    long cells = (long) columns * LANES;
    codes = new short[Panels.arrayLength(rows, cells * lowBits() / Short.SIZE)];
    highs = new short[Panels.arrayLength(rows, cells * format.highBits() / Short.SIZE)];
    scales = new short[Panels.arrayLength(rows, (long) superBlocks * planes * LANES)];
    long blocks = format.hasSubScales() ? columns / format.block() : 0;
    subScales = new byte[Panels.arrayLength(rows, blocks * 2 * LANES)];
  }

  /** Codes, or their low four bits. */
  public short[] codes() {
    return codes;
  }

  /** Fifth and sixth bits; empty where codes have four or eight. */
  public short[] highs() {
    return highs;
  }

  /** The f16 scales. */
  public short[] scales() {
    return scales;
  }

  /** The K-quants' integer scales and minima; empty for other formats. */
  public byte[] subScales() {
    return subScales;
  }

  /** Columns of the first super-block that lie before this part. */
  public int firstColumn() {
    return firstColumn;
  }

  /** Super-blocks that this part touches. */
  public int superBlocks() {
    return superBlocks;
  }

  /** Bits of a code in {@link #codes}. */
  public int lowBits() {
    return format.bits() == Byte.SIZE ? Byte.SIZE : Byte.SIZE / 2;
  }

  /** Index in {@link #codes} of row 0's pair that holds {@code column}. */
  public int codeIndex(int panel, int column) {
    return index(panel, column, lowBits());
  }

  /** Index in {@link #highs} of row 0's pair that holds {@code column}'s bits. */
  public int highIndex(int panel, int column) {
    return index(panel, column, format.highBits());
  }

  private int index(int panel, int column, int bits) {
    return (panel * columns + column) / columnsPerPair(bits) * 2 * LANES;
  }

  /** Columns whose {@code bits} share a pair of int16. */
  public static int columnsPerPair(int bits) {
    return 2 * Short.SIZE / bits;
  }

  /** Lowest bit of {@code column} in its int16. */
  private static int bitPlace(int column, int bits) {
    return column % columnsPerPair(bits) / 2 * bits;
  }

  /** Index in {@link #scales} of lane 0's scale for {@code column}; dmin follows 32 later. */
  public int scaleIndex(int panel, int column) {
    int superBlock = (firstColumn + column) / format.superBlock();
    return (panel * superBlocks + superBlock) * planes() * LANES;
  }

  /** Index in {@link #subScales} of lane 0's byte pair for the 32 columns around {@code column}. */
  public int subScaleIndex(int panel, int column) {
    return (panel * columns + column) / format.block() * 2 * LANES;
  }

  private int planes() {
    return format.hasMinimum() ? 2 : 1;
  }

  /** The integer weight at {@code row}, {@code column}, its offset subtracted. */
  public int code(int row, int column) {
    int panel = row / LANES;
    int within = row % LANES * 2 + column % 2;
    int shifted = codes[codeIndex(panel, column) + within] >>> bitPlace(column, lowBits());
    if (format.bits() == Byte.SIZE) {
      return (byte) shifted;
    }
    int code = shifted & 15;
    int bits = format.highBits();
    if (bits != 0) {
      int high = highs[highIndex(panel, column) + within] >>> bitPlace(column, bits);
      code |= (high & (1 << bits) - 1) << 4;
    }
    return code - format.offset();
  }

  /** The scale at {@code row}, {@code column} in f32, exact. */
  public float scale(int row, int column) {
    int panel = row / LANES;
    int lane = row % LANES;
    float scale = Float.float16ToFloat(scales[scaleIndex(panel, column) + lane]);
    if (!format.hasSubScales()) {
      return scale;
    }
    int which = column % format.block() / format.group();
    return scale * subScales[subScaleIndex(panel, column) + 2 * lane + which];
  }

  /** The minimum at {@code row}, {@code column} in f32, exact; only where the format has one. */
  public float minimum(int row, int column) {
    int panel = row / LANES;
    int lane = row % LANES;
    return Float.float16ToFloat(scales[scaleIndex(panel, column) + LANES + lane])
        * subScales[subScaleIndex(panel, column) + 2 * lane + 1];
  }

  @Override
  public PanelFormat format() {
    return format;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public long bytes() {
    return 2L * (codes.length + highs.length + scales.length) + subScales.length;
  }

  @Override
  public float weight(int row, int column) {
    float value = scale(row, column) * code(row, column);
    return format.hasMinimum() ? value - minimum(row, column) : value;
  }
}
