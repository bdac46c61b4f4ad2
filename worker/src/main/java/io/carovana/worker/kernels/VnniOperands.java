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

  /** Fills a row's records from its int16 pairs, sums and scales. */
  public void fill(Activations x, int row) {
    int block = x.block();
    int[] pairs = x.pairs();
    int at = row * (x.columns() / block) * (recordBytes(block) / Integer.BYTES);
    for (int column = 0; column < x.columns(); column += block) {
      int pair = x.pairIndex(row, column);
      for (int i = 0; i < block / 2; i += 4) {
        int a = pairs[pair + i] & 0xff00ff;
        int b = pairs[pair + i + 1] & 0xff00ff;
        int c = pairs[pair + i + 2] & 0xff00ff;
        int d = pairs[pair + i + 3] & 0xff00ff;
        forNibbles[at] = a | c << 8;
        forNibbles[at + 1] = b | d << 8;
        forBytes[at] = a | b << 8;
        forBytes[at + 1] = c | d << 8;
        at += 2;
      }
      int first = x.sumIndex(row, column);
      trailer(at + NEGATIVE_SUM, -x.sum(row, column, column + block));
      trailer(at + NEGATIVE_SUM_OF_16, -x.sums()[first]);
      trailer(at + NEGATIVE_SUM_OF_16 + 1, -x.sums()[first + 1]);
      trailer(at + SCALE, Float.floatToRawIntBits(x.scales()[x.scaleIndex(row, column)]));
      at += TRAILER;
    }
  }

  private void trailer(int at, int word) {
    forNibbles[at] = word;
    forBytes[at] = word;
  }

  long bytes() {
    return 4L * (forNibbles.length + forBytes.length);
  }
}
