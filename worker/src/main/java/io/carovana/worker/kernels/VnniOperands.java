package io.carovana.worker.kernels;

/**
 * Quantized inputs for instructions that multiply bytes, four columns at a time: {@code
 * [row][block]} records of the block's codes and a trailer. Codes come in the order in which the
 * weights' bytes are unpacked from {@link IntegerPanels}: for weights under eight bits {@code 0 4 1
 * 5 2 6 3 7} of every eight columns, for bytes {@code 0 2 1 3} of every four. The trailer is {@link
 * #TRAILER} words: see the constants.
 */
public final class VnniOperands {
  /** Word of the trailer: minus the sum of the block's codes. */
  public static final int NEGATIVE_SUM = 0;

  /** Word of the trailer: minus the sum of a block of 32's first 16 codes; the others' follows. */
  public static final int NEGATIVE_SUM_OF_16 = 1;

  /** Word of the trailer: the block's scale, f32. */
  public static final int SCALE = 3;

  /** Words after a block's codes. */
  public static final int TRAILER = 4;

  private final int[] forNibbles;
  private final int[] forBytes;

  VnniOperands(int cells) {
    int words = cells / Integer.BYTES + cells / Activations.MIN_BLOCK * TRAILER;
    forNibbles = new int[words];
    forBytes = new int[words];
  }

  /** Records for weights under eight bits. */
  public int[] forNibbles() {
    return forNibbles;
  }

  /** Records for weights of eight bits. */
  public int[] forBytes() {
    return forBytes;
  }

  /** Bytes of a record. */
  public static int recordBytes(int block) {
    return block + TRAILER * Integer.BYTES;
  }

  /** The column whose code is {@code place}-th in a record for nibbles. */
  public static int nibbleColumn(int place) {
    int within = place % 8;
    return place - within + within / 4 * 2 + within % 2 * 4 + within % 4 / 2;
  }

  /** The column whose code is {@code place}-th in a record for bytes. */
  public static int byteColumn(int place) {
    int within = place % 4;
    return place - within + within / 2 + within % 2 * 2;
  }

  long bytes() {
    return 4L * (forNibbles.length + forBytes.length);
  }
}
