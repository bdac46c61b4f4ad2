package io.carovana.worker.kernels.x86;

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
 * <p>Registers: {@code 2 * row + half} is a sum, twelve further its chain; from 24 on they are for
 * weights. What one or two rows (a decode step) leave free holds what others load or convert again
 * for each group.
 */
final class ChainCode {
  /** Most rows of one call: two sums and two chains each leave eight registers. */
  static final int MAX_ROWS = Strided.PLACES;

  /** Most rows of a call that leaves registers 4 to 11 and 16 to 23 free. */
  private static final int FEW_ROWS = 2;

  // vector registers
  private static final int UPPER_SUMS = 4;
  private static final int KEPT_SCALES = 8;
  private static final int CHAINS = 2 * MAX_ROWS;
  private static final int RAW = UnpackCode.RAW;
  private static final int WEIGHTS = UnpackCode.WEIGHTS;
  private static final int SPARE = UnpackCode.SPARE;

  /** Bytes of sixteen rows' columns, and of a vector. */
  private static final int VECTOR = 64;

  /** f16 scales of sixteen rows. */
  private static final int HALF_SCALES = 32;

  private static final int WORD = 4;
  private static final int POINTER = 8;

  // general registers
  private static final int CODES = UnpackCode.CODES;
  private static final int HIGHS = UnpackCode.HIGHS;
  private static final int SCALES = Assembler.R8;
  private static final int SUB_SCALES = Assembler.R9;
  private static final int X = Assembler.RSI;
  private static final int STRIDE = Assembler.RAX;
  private static final Strided RECORDS = new Strided(X, STRIDE, Assembler.RCX, Assembler.R10);
  private static final int BLOCKS = Assembler.R11;
  private static final int UNTIL_NEXT_SCALES = Assembler.RBX;

  private final Assembler code = new Assembler();
  private final Simd simd = new Simd(code);
  private final PanelFormat format;
  private final int rows;
  private final int group;
  private final boolean fewRows;
  private final UnpackCode unpack;

  private ChainCode(PanelFormat format, int rows) {
    this.format = format;
    this.rows = rows;
    group = format.group();
    fewRows = rows <= FEW_ROWS;
    unpack = new UnpackCode(code, format, fewRows);
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
    Label nextScales = new Label();
    Label nextBlock = new Label();
    enter();
    code.place(nextScales);
    keepSuperScales();
    code.place(nextBlock);
    for (int first = 0; first < format.block(); first += group) {
      group(first);
    }
    advance(nextScales, nextBlock);
    leave();
    unpack.constants();
    return code.finish();
  }

  private void enter() {
    code.push(UNTIL_NEXT_SCALES);
    code.push(UnpackCode.CONSTANTS);
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
    unpack.prepare();
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
      int weights = unpack.four(column);
      int sums = unpack.upperInPlace() && unpack.isUpper(column) ? UPPER_SUMS : 0;
      for (int row = 0; row < rows; row++) {
        dots(sums + 2 * row, weights, row, column);
      }
    }
    if (unpack.upperInPlace()) {
      addUpperSums();
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

  /**
   * Multiplies four columns of a row of activations by the weights of 32 rows. One load for two
   * products: processors that start two a cycle load no more. Few rows wait for memory, or for
   * instructions to be decoded, and do without that one.
   */
  private void dots(int sum, int weights, int row, int column) {
    if (fewRows) {
      Memory x = x(row, column).toAllLanes();
      simd.dotBytes(sum, weights, x);
      simd.dotBytes(sum + 1, weights + 1, x);
    } else {
      // Whichever pair the weights are not in is free.
      int x = (weights == WEIGHTS ? SPARE : WEIGHTS) + row % 2;
      simd.broadcast(x, x(row, column));
      simd.dotBytes(sum, weights, x);
      simd.dotBytes(sum + 1, weights + 1, x);
    }
  }

  /** Adds a sixteenth of each sum over upper nibbles, which is whole. */
  private void addUpperSums() {
    for (int sum = 0; sum < 2 * rows; sum++) {
      simd.shiftRightSigned(UPPER_SUMS + sum, UPPER_SUMS + sum, 4);
      simd.add(sum, sum, UPPER_SUMS + sum);
    }
  }

  /** Sets a row's two sums to minus what unsigned codes add too much, others to zero. */
  private void begin(int row, int first) {
    if (unpack.upperInPlace()) {
      simd.zero(UPPER_SUMS + 2 * row);
      simd.zero(UPPER_SUMS + 2 * row + 1);
    }
    int offset = format.bits() < Byte.SIZE ? format.offset() : 1 << (Byte.SIZE - 1);
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
      if (!second) {
        simd.shiftLeft(RAW + half, WEIGHTS, Short.SIZE);
      }
      simd.shiftRightSigned(RAW + half, second ? WEIGHTS : RAW + half, Short.SIZE);
      timesSuperScale(RAW + half, half);
      if (format.hasMinimum()) {
        simd.shiftRightSigned(SPARE + half, WEIGHTS, Short.SIZE);
        timesSuperScale(SPARE + half, 2 + half);
      }
    }
  }

  /** Few rows keep the super-scales of a super-block in registers. */
  private void keepSuperScales() {
    if (fewRows && format.hasSubScales()) {
      for (int part = 0; part < (format.hasMinimum() ? 4 : 2); part++) {
        simd.widenHalves(KEPT_SCALES + part, superScales(part));
      }
    }
  }

  /** Makes sixteen whole numbers f32 and multiplies them by part {@code part} of super-scales. */
  private void timesSuperScale(int register, int part) {
    simd.toFloat(register, register);
    if (fewRows) {
      simd.multiplyFloat(register, register, KEPT_SCALES + part);
    } else {
      simd.widenHalves(WEIGHTS + 1, superScales(part));
      simd.multiplyFloat(register, register, WEIGHTS + 1);
    }
  }

  private static Memory superScales(int part) {
    return Memory.at(SCALES, part * HALF_SCALES);
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

  private void advance(Label nextScales, Label nextBlock) {
    Label done = new Label();
    int columns = format.block();
    unpack.advance();
    code.add(X, VnniOperands.recordBytes(columns));
    if (format.hasSubScales()) {
      code.add(SUB_SCALES, 2 * Panels.LANES);
      code.subtract(BLOCKS, 1);
      code.jump(Condition.ZERO, done);
      code.subtract(UNTIL_NEXT_SCALES, 1);
      code.jump(Condition.NOT_ZERO, nextBlock);
      code.add(SCALES, (format.hasMinimum() ? 2 : 1) * VECTOR);
      code.add(UNTIL_NEXT_SCALES, format.superBlock() / columns);
    } else {
      code.add(SCALES, VECTOR);
      code.subtract(BLOCKS, 1);
    }
    code.jump(Condition.NOT_ZERO, nextScales);
    code.place(done);
  }

  private void leave() {
    code.load(X, argument(7));
    code.add(X, argument(8));
    for (int i = 0; i < 2 * rows; i++) {
      simd.store(Memory.at(X, i * VECTOR), CHAINS + i);
    }
    code.pop(UnpackCode.CONSTANTS);
    code.pop(UNTIL_NEXT_SCALES);
    code.leave();
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
