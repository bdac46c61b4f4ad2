package io.carovana.worker.kernels;

/**
 * The input of matrices: rows of f32, and after {@link Kernels#quantize} also their int8 form by
 * rule 2. Allocated once for the largest step.
 */
public final class Activations {
  /** Columns per entry of {@link #sums}: the smallest weight group. */
  public static final int SUM_COLUMNS = 16;

  /** Columns of the smallest block. */
  public static final int MIN_BLOCK = 32;

  /** Unused ints before {@link #pairs}, so that the pair before any pair can be read. */
  private static final int PAIR_PADDING = 1;

  private final int maxRows;
  private final int columns;
  private final float[] values;
  private final float[] codes;
  private final int[] pairs;
  private final PackedOperands packed;
  private final VnniOperands vnni;
  private final float[] scales;
  private final int[] sums;
  private volatile int block;

  /**
   * Room for {@code maxRows} rows in all forms.
   *
   * @param quantizable whether the quantized form will be needed
   * @throws IllegalArgumentException if it will and columns are not whole blocks of 32
   */
  public Activations(int maxRows, int columns, boolean quantizable) {
    this(maxRows, columns, quantizable, true, true);
  }

  private Activations(
      int maxRows, int columns, boolean quantizable, boolean vectors, boolean bytes) {
    if (quantizable && columns % MIN_BLOCK != 0) {
      throw new IllegalArgumentException(columns + " columns are not whole blocks of 32");
    }
    this.maxRows = maxRows;
    this.columns = columns;
    values = new float[Math.multiplyExact(maxRows, columns)];
    int quantized = quantizable ? values.length : 0;
    int forVectors = vectors ? quantized : 0;
    codes = new float[quantized];
    pairs = new int[forVectors / 2 + PAIR_PADDING];
    packed = new PackedOperands(forVectors);
    vnni = new VnniOperands(bytes ? quantized : 0);
    scales = new float[quantized / MIN_BLOCK];
    sums = new int[forVectors / SUM_COLUMNS];
  }

  /** Without {@link #vnni}. */
  public static Activations forVectors(int maxRows, int columns, boolean quantizable) {
    return new Activations(maxRows, columns, quantizable, true, false);
  }

  /** With {@link #vnni} instead of {@link #pairs}, {@link #packed} and {@link #sums}. */
  public static Activations forBytes(int maxRows, int columns, boolean quantizable) {
    return new Activations(maxRows, columns, quantizable, false, true);
  }

  /** Rows there is room for. */
  public int maxRows() {
    return maxRows;
  }

  /** Columns of a row. */
  public int columns() {
    return columns;
  }

  /** The values, {@code [row][columns]}. */
  public float[] values() {
    return values;
  }

  /** The int8 values as whole f32 numbers, {@code [row][columns]}. */
  public float[] codes() {
    return codes;
  }

  /**
   * The int8 values as int16, two columns to an int, the even one below: {@code [row][columns / 2]}
   * from {@link #pairIndex}.
   */
  public int[] pairs() {
    return pairs;
  }

  /** Index in {@link #pairs} of the pair that begins at {@code column}. */
  public int pairIndex(int row, int column) {
    return PAIR_PADDING + (row * columns + column) / 2;
  }

  /** Forms of {@link #pairs} for codes that are multiplied as they are packed. */
  public PackedOperands packed() {
    return packed;
  }

  /** The form for instructions that multiply bytes. */
  public VnniOperands vnni() {
    return vnni;
  }

  /** Scales, {@code [row][columns / 32]}; a row's first {@code columns / block} are used. */
  public float[] scales() {
    return scales;
  }

  /** Sums of 16 neighbouring int8 values, {@code [row][columns / 16]}. */
  public int[] sums() {
    return sums;
  }

  /** Index of {@code row}'s scale for {@code column} at the current block size. */
  public int scaleIndex(int row, int column) {
    return row * (columns / MIN_BLOCK) + column / block;
  }

  /** Index of the sum that begins at {@code column}. */
  public int sumIndex(int row, int column) {
    return (row * columns + column) / SUM_COLUMNS;
  }

  /** Sum of the int8 values in columns {@code [from, to)} of a row, whole sixteens. */
  public int sum(int row, int from, int to) {
    int sum = 0;
    for (int i = sumIndex(row, from); i < sumIndex(row, to); i++) {
      sum += sums[i];
    }
    return sum;
  }

  /** Columns per block of the quantized form; 0 before the first quantization. */
  public int block() {
    return block;
  }

  /** Bytes of the arrays. */
  public long bytes() {
    return 4L * (values.length + codes.length + pairs.length + scales.length + sums.length)
        + packed.bytes()
        + vnni.bytes();
  }

  /**
   * Notes the block size that rows are about to be quantized by; for {@link Kernels}.
   *
   * @throws IllegalArgumentException if columns are not whole blocks
   */
  public void setBlock(int newBlock) {
    if (codes.length == 0 || newBlock < MIN_BLOCK || columns % newBlock != 0) {
      throw new IllegalArgumentException(
          columns + " columns cannot be quantized in blocks of " + newBlock);
    }
    if (block != newBlock) {
      block = newBlock;
    }
  }
}
