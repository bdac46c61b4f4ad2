package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import io.carovana.worker.kernels.VnniOperands;
import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Writes what makes unsigned bytes of a panel's codes, four columns of 32 rows at a time, for
 * {@link ChainCode}.
 */
final class UnpackCode {
  // vector registers; of pairs, one for sixteen rows each, the first
  static final int RAW = 24;
  static final int WEIGHTS = 26;
  static final int SPARE = 28;
  private static final int LOW_MASK = 30;
  private static final int HIGH_MASK = 31;

  /** Of few rows only: a pair of high bits, and where fours of columns have theirs (at most 8). */
  private static final int HIGH_RAW = 4;

  private static final int KEPT_PLACES = 16;

  // general registers
  static final int CODES = Assembler.RDI;
  static final int HIGHS = Assembler.RDX;
  static final int CONSTANTS = Assembler.RBP;

  private static final int VECTOR = 64;
  private static final int WORD = 4;

  private final Assembler code;
  private final Simd simd;
  private final PanelFormat format;
  private final boolean nibbles;
  private final boolean fewRows;
  private final Label constants = new Label();

  /**
   * @param fewRows whether registers 4 to 11 and 16 to 23 are free
   */
  UnpackCode(Assembler code, PanelFormat format, boolean fewRows) {
    this.code = code;
    simd = new Simd(code);
    this.format = format;
    nibbles = format.bits() < Byte.SIZE;
    this.fewRows = fewRows;
  }

  /**
   * Whether every second four of columns, all in upper nibbles, comes as 16 times its codes: no
   * shift, but sums of their own, which few rows have registers for.
   */
  boolean upperInPlace() {
    return fewRows && format.bits() == 4;
  }

  /** Whether {@link #four} leaves 16 times the codes of {@code column}. */
  boolean isUpper(int column) {
    return column % (2 * WORD) != 0;
  }

  /** Writes what loads the constants. */
  void prepare() {
    code.address(CONSTANTS, constants);
    simd.broadcast(LOW_MASK, Memory.at(CONSTANTS, 0));
    simd.broadcast(HIGH_MASK, Memory.at(CONSTANTS, WORD));
    if (fewRows && format.highBits() != 0) {
      for (int column = 0; column < highPeriod(); column += WORD) {
        simd.load(KEPT_PLACES + column / WORD, places(column));
      }
    }
  }

  /**
   * Unpacks four columns of 32 rows; fours come in ascending order.
   *
   * @return the first of two registers
   */
  int four(int column) {
    if (!nibbles) {
      for (int half = 0; half < 2; half++) {
        Memory place = Memory.at(CODES, column / WORD * 2 * VECTOR + half * VECTOR);
        simd.xor(WEIGHTS + half, HIGH_MASK, place);
      }
      return WEIGHTS;
    }
    boolean upper = isUpper(column);
    for (int half = 0; half < 2; half++) {
      if (!upper) {
        simd.load(RAW + half, Memory.at(CODES, column / WORD * VECTOR + half * VECTOR));
      }
      if (upperInPlace()) {
        simd.and(WEIGHTS + half, RAW + half, upper ? HIGH_MASK : LOW_MASK);
        continue;
      }
      int raw = upper ? WEIGHTS + half : RAW + half;
      if (upper) {
        simd.shiftRight(raw, RAW + half, 4);
      }
      if (format.highBits() == 0) {
        simd.and(WEIGHTS + half, raw, LOW_MASK);
      } else {
        highBits(column, half);
        simd.orAnd(SPARE + half, raw, LOW_MASK);
      }
    }
    return format.highBits() == 0 ? WEIGHTS : SPARE;
  }

  /** The high bits of four columns, where they belong in their bytes, to {@link #SPARE}. */
  private void highBits(int column, int half) {
    int pair = column / highPeriod();
    Memory packed = Memory.at(HIGHS, pair * 2 * VECTOR + half * VECTOR);
    if (fewRows) {
      int within = column % highPeriod();
      if (within == 0) {
        simd.load(HIGH_RAW + half, packed);
      }
      simd.pickBits(SPARE + half, KEPT_PLACES + within / WORD, HIGH_RAW + half);
    } else {
      simd.load(SPARE + half, places(column));
      simd.pickBits(SPARE + half, SPARE + half, packed);
    }
    simd.and(SPARE + half, SPARE + half, HIGH_MASK);
  }

  /** Columns whose high bits lie in one pair of vectors. */
  private int highPeriod() {
    return IntegerPanels.columnsPerPair(format.highBits());
  }

  /** The constants that say where a four of columns has its high bits. */
  private Memory places(int column) {
    return Memory.at(CONSTANTS, VECTOR + column % highPeriod() / WORD * VECTOR);
  }

  /** Moves on to the next block. */
  void advance() {
    int cells = format.block() * Panels.LANES;
    code.add(CODES, cells * (nibbles ? 4 : 8) / Byte.SIZE);
    if (format.highBits() != 0) {
      code.add(HIGHS, cells * format.highBits() / Byte.SIZE);
    }
  }

  /** Writes the constants; no code may follow. */
  void constants() {
    code.align(VECTOR);
    code.place(constants);
    int[] header = new int[VECTOR];
    for (int i = 0; i < WORD; i++) {
      header[i] = 15;
      header[WORD + i] = highMask();
    }
    code.raw(header);
    if (format.highBits() != 0) {
      for (int column = 0; column < highPeriod(); column += WORD) {
        code.raw(bitPlaces(column));
      }
    }
  }

  private int highMask() {
    if (!nibbles) {
      return 1 << (Byte.SIZE - 1);
    }
    return upperInPlace() ? 15 << 4 : (1 << format.highBits()) - 1 << 4;
  }

  /**
   * For every byte of a vector of weights, the bit of its 64-bit lane of high bits that goes to the
   * byte's lowest, so that the high bits come to lie above the low four.
   */
  private int[] bitPlaces(int firstColumn) {
    int[] places = new int[VECTOR];
    for (int i = 0; i < VECTOR; i++) {
      int row = i % 8 / WORD;
      int column = VnniOperands.nibbleColumn(firstColumn + i % WORD);
      int bits = format.highBits();
      int pair = column % highPeriod();
      int bit = row * Integer.SIZE + pair % 2 * Short.SIZE + pair / 2 * bits;
      places[i] = bit - 4 & 63;
    }
    return places;
  }
}
