package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import io.carovana.worker.kernels.VnniOperands;
import io.carovana.worker.kernels.x86.Assembler.Condition;
import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Writes the code of chains over integer weights (rule 2): some rows of activations times the 32
 * rows of a panel, one weight format. Codes are multiplied from the panel, four columns of sixteen
 * rows at a time, by instructions that multiply unsigned with signed bytes; so signed codes count
 * from their smallest value, and each sum starts at what that adds too much, negated. A group's
 * sums are whole numbers in int32 lanes, then go into the f32 chains, one lane a chain.
 *
 * <p>Registers: {@code 2 * row + half} is a sum, twelve further its chain; the rest is for weights.
 */
final class ChainCode {
  /** Most rows of one call: two sums and two chains each leave eight registers. */
  static final int MAX_ROWS = Strided.PLACES;

  private static final int CHAINS = 2 * MAX_ROWS;
  private static final int RAW = 24;
  private static final int WEIGHTS = 26;
  private static final int SPARE = 28;
  private static final int LOW_MASK = 30;
  private static final int HIGH_MASK = 31;

  /** Bytes of sixteen rows' columns, and of a vector. */
  private static final int VECTOR = 64;

  /** f16 scales of sixteen rows. */
  private static final int HALF_SCALES = 32;

  private static final int WORD = 4;
  private static final int POINTER = 8;

  // general registers
  private static final int CODES = Assembler.RDI;
  private static final int HIGHS = Assembler.RDX;
  private static final int SCALES = Assembler.R8;
  private static final int SUB_SCALES = Assembler.R9;
  private static final int X = Assembler.RSI;
  private static final int STRIDE = Assembler.RAX;
  private static final Strided RECORDS = new Strided(X, STRIDE, Assembler.RCX, Assembler.R10);
  private static final int BLOCKS = Assembler.R11;
  private static final int CONSTANTS = Assembler.RBP;
  private static final int UNTIL_NEXT_SCALES = Assembler.RBX;

  private final Assembler code = new Assembler();
  private final Simd simd = new Simd(code);
  private final PanelFormat format;
  private final int rows;
  private final int group;
  private final boolean nibbles;

  private ChainCode(PanelFormat format, int rows) {
    this.format = format;
    this.rows = rows;
    group = format.group();
    nibbles = format.bits() < Byte.SIZE;
  }

  /**
   * The code for {@code rows} rows of activations. Its arguments are three pairs of a pointer and
   * an offset in bytes (codes, high bits, scales), then, on the stack, two more (sub-scales,
   * activations), the bytes from one row of activations to the next, blocks, blocks until the next
   * super-block, and the pair of the output {@code [rows][32]}.
   */
  static byte[] of(PanelFormat format, int rows) {
    return new ChainCode(format, rows).write();
  }

  private byte[] write() {
    Label masks = new Label();
    Label loop = new Label();
    enter(masks);
    code.place(loop);
    for (int first = 0; first < format.block(); first += group) {
      group(first);
    }
    advance(loop);
    leave();
    constants(masks);
    return code.finish();
  }

  private void enter(Label constants) {
    code.push(UNTIL_NEXT_SCALES);
    code.push(CONSTANTS);
    code.addRegister(CODES, Assembler.RSI);
    code.addRegister(HIGHS, Assembler.RCX);
    code.addRegister(SCALES, Assembler.R9);
    code.load(SUB_SCALES, argument(0));
    code.add(SUB_SCALES, argument(1));
    code.load(X, argument(2));
    code.add(X, argument(3));
    code.load(STRIDE, argument(4));
    RECORDS.prepare(code);
    code.load(BLOCKS, argument(5));
    code.load(UNTIL_NEXT_SCALES, argument(6));
    code.address(CONSTANTS, constants);
    simd.broadcast(LOW_MASK, Memory.at(CONSTANTS, 0));
    simd.broadcast(HIGH_MASK, Memory.at(CONSTANTS, WORD));
    for (int i = 0; i < 2 * rows; i++) {
      simd.zero(CHAINS + i);
    }
  }

  /** An argument on the stack, above two saved registers and the return address. */
  private static Memory argument(int index) {
    return Memory.at(Assembler.RSP, (3 + index) * POINTER);
  }

  private void group(int first) {
    for (int row = 0; row < rows; row++) {
      begin(row, first);
    }
    for (int column = first; column < first + group; column += WORD) {
      int weights = weights(column);
      for (int row = 0; row < rows; row++) {
        Memory x = x(row, column).toAllLanes();
        simd.dotBytes(2 * row, weights, x);
        simd.dotBytes(2 * row + 1, weights + 1, x);
      }
    }
    scales(first);
    for (int row = 0; row < rows; row++) {
      for (int half = 0; half < 2; half++) {
        int sum = 2 * row + half;
        simd.multiplyFloat(WEIGHTS + half, RAW + half, scale(row));
        simd.toFloat(sum, sum);
        simd.fma(CHAINS + sum, sum, WEIGHTS + half);
      }
    }
    if (format.hasMinimum()) {
      minima();
    }
  }

  /** Sets a row's two sums to minus what unsigned codes add too much. */
  private void begin(int row, int first) {
    int offset = nibbles ? format.offset() : 1 << (Byte.SIZE - 1);
    if (offset == 0) {
      simd.zero(2 * row);
      simd.zero(2 * row + 1);
      return;
    }
    int place =
        group == format.block()
            ? VnniOperands.NEGATIVE_SUM
            : VnniOperands.NEGATIVE_SUM_OF_16 + first / group;
    simd.broadcast(2 * row, trailer(row, place));
    simd.shiftLeft(2 * row, 2 * row, Integer.numberOfTrailingZeros(offset));
    simd.move(2 * row + 1, 2 * row);
  }

  /** Unpacks four columns of 32 rows; returns the first of two registers. */
  private int weights(int column) {
    if (!nibbles) {
      for (int half = 0; half < 2; half++) {
        Memory place = Memory.at(CODES, column / WORD * 2 * VECTOR + half * VECTOR);
        simd.xor(WEIGHTS + half, HIGH_MASK, place);
      }
      return WEIGHTS;
    }
    boolean lower = column % (2 * WORD) == 0;
    for (int half = 0; half < 2; half++) {
      if (lower) {
        simd.load(RAW + half, Memory.at(CODES, column / WORD * VECTOR + half * VECTOR));
      }
      int raw = lower ? RAW + half : WEIGHTS + half;
      if (!lower) {
        simd.shiftRight(raw, RAW + half, 4);
      }
      if (format.highBits() == 0) {
        simd.and(WEIGHTS + half, raw, LOW_MASK);
      } else {
        simd.load(SPARE + half, Memory.at(CONSTANTS, places(column)));
        simd.pickBits(SPARE + half, SPARE + half, high(column, half));
        simd.and(SPARE + half, SPARE + half, HIGH_MASK);
        simd.orAnd(SPARE + half, raw, LOW_MASK);
      }
    }
    return format.highBits() == 0 ? WEIGHTS : SPARE;
  }

  private Memory high(int column, int half) {
    int pair = column / IntegerPanels.columnsPerPair(format.highBits());
    return Memory.at(HIGHS, pair * 2 * VECTOR + half * VECTOR);
  }

  /** Offset of the constants that say where a four of columns has its high bits. */
  private int places(int column) {
    int period = IntegerPanels.columnsPerPair(format.highBits());
    return VECTOR + column % period / WORD * VECTOR;
  }

  /** The group's scales in f32, to {@link #RAW}; for a minimum also that, to {@link #SPARE}. */
  private void scales(int first) {
    if (!format.hasSubScales()) {
      for (int half = 0; half < 2; half++) {
        simd.widenHalves(RAW + half, Memory.at(SCALES, half * HALF_SCALES));
      }
      return;
    }
    boolean second = first > 0;
    for (int half = 0; half < 2; half++) {
      simd.widenBytes(WEIGHTS, Memory.at(SUB_SCALES, half * HALF_SCALES));
      simd.shiftLeft(RAW + half, WEIGHTS, second ? 0 : Short.SIZE);
      simd.shiftRightSigned(RAW + half, RAW + half, Short.SIZE);
      simd.toFloat(RAW + half, RAW + half);
      simd.widenHalves(WEIGHTS + 1, Memory.at(SCALES, half * HALF_SCALES));
      simd.multiplyFloat(RAW + half, RAW + half, WEIGHTS + 1);
      if (format.hasMinimum()) {
        simd.shiftRightSigned(SPARE + half, WEIGHTS, Short.SIZE);
        simd.toFloat(SPARE + half, SPARE + half);
        simd.widenHalves(WEIGHTS + 1, Memory.at(SCALES, VECTOR + half * HALF_SCALES));
        simd.multiplyFloat(SPARE + half, SPARE + half, WEIGHTS + 1);
      }
    }
  }

  /**
   * {@code chain = fma(-float(sum q), m * xScale, chain)}. The sum is stored negated: that its zero
   * has the other sign changes nothing, since a chain is never negative zero (terms are multiples
   * of the smallest float, so none is rounded to zero).
   */
  private void minima() {
    for (int row = 0; row < rows; row++) {
      simd.toFloat(RAW, trailer(row, VnniOperands.NEGATIVE_SUM).toAllLanes());
      for (int half = 0; half < 2; half++) {
        simd.multiplyFloat(WEIGHTS + half, SPARE + half, scale(row));
        simd.fma(CHAINS + 2 * row + half, RAW, WEIGHTS + half);
      }
    }
  }

  private void advance(Label loop) {
    int columns = format.block();
    code.add(CODES, columns * Panels.LANES * (nibbles ? 4 : 8) / Byte.SIZE);
    code.add(X, VnniOperands.recordBytes(columns));
    if (format.highBits() != 0) {
      code.add(HIGHS, columns * Panels.LANES * format.highBits() / Byte.SIZE);
    }
    if (format.hasSubScales()) {
      Label same = new Label();
      code.add(SUB_SCALES, 2 * Panels.LANES);
      code.subtract(UNTIL_NEXT_SCALES, 1);
      code.jump(Condition.NOT_ZERO, same);
      code.add(UNTIL_NEXT_SCALES, format.superBlock() / columns);
      code.add(SCALES, (format.hasMinimum() ? 2 : 1) * VECTOR);
      code.place(same);
    } else {
      code.add(SCALES, VECTOR);
    }
    code.subtract(BLOCKS, 1);
    code.jump(Condition.NOT_ZERO, loop);
  }

  private void leave() {
    code.load(X, argument(7));
    code.add(X, argument(8));
    for (int i = 0; i < 2 * rows; i++) {
      simd.store(Memory.at(X, i * VECTOR), CHAINS + i);
    }
    code.pop(CONSTANTS);
    code.pop(UNTIL_NEXT_SCALES);
    code.leave();
  }

  private void constants(Label place) {
    code.align(VECTOR);
    code.place(place);
    int high = nibbles ? (1 << format.highBits()) - 1 << 4 : 1 << (Byte.SIZE - 1);
    int[] header = new int[VECTOR];
    for (int i = 0; i < WORD; i++) {
      header[i] = 15;
      header[WORD + i] = high;
    }
    code.raw(header);
    if (format.highBits() != 0) {
      int period = IntegerPanels.columnsPerPair(format.highBits());
      for (int column = 0; column < period; column += WORD) {
        code.raw(bitPlaces(column));
      }
    }
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
      int pair = column % IntegerPanels.columnsPerPair(bits);
      int bit = row * Integer.SIZE + pair % 2 * Short.SIZE + pair / 2 * bits;
      places[i] = bit - 4 & 63;
    }
    return places;
  }

  /** Four columns of a row of activations. */
  private Memory x(int row, int column) {
    return RECORDS.at(row).plus(column);
  }

  private Memory scale(int row) {
    return trailer(row, VnniOperands.SCALE).toAllLanes();
  }

  private Memory trailer(int row, int word) {
    return RECORDS.at(row).plus(format.block() + word * WORD);
  }
}
