package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.Int8;
import io.carovana.worker.kernels.VnniOperands;
import io.carovana.worker.kernels.x86.Assembler.Condition;
import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Writes the code that quantizes rows in blocks (rule 2): codes, scales and {@link VnniOperands}.
 * Sixteen values stay in a register each.
 */
final class QuantizeCode {
  private static final int VECTOR = 64;
  private static final int WIDTH = 16;

  // vector registers beside those of the values, of which there are at most eight
  private static final int LARGEST = 8;
  private static final int LARGEST_OF_ALL = 9;
  private static final int SPARE = 10;
  private static final int SUM = 12; // and the one after it
  private static final int BELOW = 14;
  private static final int SCALE = 15;
  private static final int FACTOR = 16;
  private static final int MAX = 17;
  private static final int MAGNITUDE = 18;
  private static final int NIBBLE_ORDER = 19;
  private static final int BYTE_ORDER = 20;
  private static final int ZERO = 21;

  // general registers
  private static final int VALUES = Assembler.RDI;
  private static final int CODES = Assembler.RDX;
  private static final int SCALES = Assembler.RCX;
  private static final int NIBBLES = Assembler.R9;
  private static final int BYTES = Assembler.RSI;
  private static final int BLOCKS = Assembler.R8;
  private static final int CONSTANTS = Assembler.RAX;
  private static final int ROWS = Assembler.R10;

  private static final int RED_ZONE = -8;

  private final Assembler code = new Assembler();
  private final Simd simd = new Simd(code);
  private final int block;
  private final int vectors;

  private QuantizeCode(int block) {
    this.block = block;
    vectors = block / WIDTH;
  }

  /**
   * The code for blocks of 32, 64 or 128. Its arguments are the array of values, the first row's
   * offset in it and in that of codes, that array, the array of scales and the offset there, and on
   * the stack, after the records for nibbles, those for bytes, the offset in both, the number of
   * blocks and of rows, and the bytes from the last block of a row to the first of the next: of
   * values and codes, of scales, of records. Returns the bits of the largest magnitude, which are
   * those of infinity or more if a value is not finite.
   */
  static byte[] of(int block) {
    return new QuantizeCode(block).write();
  }

  private byte[] write() {
    Label constants = new Label();
    Label row = new Label();
    Label loop = new Label();
    code.addRegister(VALUES, Assembler.RSI);
    code.addRegister(CODES, Assembler.RSI);
    code.addRegister(SCALES, Assembler.R8);
    code.load(BYTES, argument(0));
    code.add(BYTES, argument(1));
    code.add(NIBBLES, argument(1));
    code.load(ROWS, argument(3));
    code.address(CONSTANTS, constants);
    simd.load(NIBBLE_ORDER, Memory.at(CONSTANTS, 0));
    simd.load(BYTE_ORDER, Memory.at(CONSTANTS, VECTOR));
    simd.broadcast(MAX, constant(0));
    simd.broadcast(MAGNITUDE, constant(1));
    simd.zero(ZERO);
    simd.zero(LARGEST_OF_ALL);
    code.place(row);
    code.load(BLOCKS, argument(2));
    code.place(loop);
    scale();
    codes();
    sums();
    code.add(VALUES, block * Float.BYTES);
    code.add(CODES, block * Float.BYTES);
    code.add(SCALES, Float.BYTES);
    code.add(NIBBLES, VnniOperands.recordBytes(block));
    code.add(BYTES, VnniOperands.recordBytes(block));
    code.subtract(BLOCKS, 1);
    code.jump(Condition.NOT_ZERO, loop);
    code.add(VALUES, argument(4));
    code.add(CODES, argument(4));
    code.add(SCALES, argument(5));
    code.add(NIBBLES, argument(6));
    code.add(BYTES, argument(6));
    code.subtract(ROWS, 1);
    code.jump(Condition.NOT_ZERO, row);
    simd.storeLowest(Memory.at(Assembler.RSP, RED_ZONE), LARGEST_OF_ALL);
    code.load(Assembler.RAX, Memory.at(Assembler.RSP, RED_ZONE));
    code.leave();
    constants(constants);
    return code.finish();
  }

  private static Memory argument(int index) {
    return Memory.at(Assembler.RSP, (1 + index) * Long.BYTES);
  }

  private static Memory constant(int index) {
    return Memory.at(CONSTANTS, 2 * VECTOR + index * Float.BYTES).toAllLanes();
  }

  /** Loads a block; its scale and what values are multiplied by, both zero if it counts as zero. */
  private void scale() {
    for (int i = 0; i < vectors; i++) {
      simd.load(i, Memory.at(VALUES, i * VECTOR));
      simd.and(i == 0 ? LARGEST : SPARE, i, MAGNITUDE);
      if (i > 0) {
        simd.max(LARGEST, LARGEST, SPARE);
      }
    }
    for (int lanes = WIDTH / 2; lanes > 0; lanes /= 2) {
      simd.rotate(SPARE, LARGEST, lanes);
      simd.max(LARGEST, LARGEST, SPARE);
    }
    simd.max(LARGEST_OF_ALL, LARGEST_OF_ALL, LARGEST);
    simd.subtract(BELOW, LARGEST, constant(2));
    simd.shiftRightSigned(BELOW, BELOW, Integer.SIZE - 1);
    simd.divideFloat(SCALE, LARGEST, MAX);
    simd.andNot(SCALE, BELOW, SCALE);
    simd.divideFloat(FACTOR, MAX, LARGEST);
    simd.andNot(FACTOR, BELOW, FACTOR);
    simd.storeLowest(Memory.at(SCALES, 0), SCALE);
    simd.storeLowest(trailer(NIBBLES, VnniOperands.SCALE), SCALE);
    simd.storeLowest(trailer(BYTES, VnniOperands.SCALE), SCALE);
  }

  private void codes() {
    for (int i = 0; i < vectors; i++) {
      simd.multiplyFloat(i, i, FACTOR);
      simd.toWhole(i, i);
      simd.toFloat(SPARE, i);
      simd.store(Memory.at(CODES, i * VECTOR), SPARE);
      simd.permute(SPARE, NIBBLE_ORDER, i);
      simd.storeLowBytes(Memory.at(NIBBLES, i * WIDTH), SPARE);
      simd.permute(SPARE, BYTE_ORDER, i);
      simd.storeLowBytes(Memory.at(BYTES, i * WIDTH), SPARE);
    }
  }

  /** Minus the sum of the codes, and for a block of 32 of either half. */
  private void sums() {
    boolean halves = block == Activations.MIN_BLOCK;
    for (int i = 1; i < vectors && !halves; i++) {
      simd.add(0, 0, i);
    }
    int count = halves ? 2 : 1;
    for (int i = 0; i < count; i++) {
      simd.subtract(SUM + i, ZERO, i);
      for (int lanes = WIDTH / 2; lanes > 0; lanes /= 2) {
        simd.rotate(SPARE, SUM + i, lanes);
        simd.add(SUM + i, SUM + i, SPARE);
      }
      store(VnniOperands.NEGATIVE_SUM_OF_16 + i, SUM + i);
    }
    if (halves) {
      simd.add(SUM, SUM, SUM + 1);
    }
    store(VnniOperands.NEGATIVE_SUM, SUM);
  }

  private void store(int word, int register) {
    simd.storeLowest(trailer(NIBBLES, word), register);
    simd.storeLowest(trailer(BYTES, word), register);
  }

  private Memory trailer(int records, int word) {
    return Memory.at(records, block + word * Integer.BYTES);
  }

  private void constants(Label place) {
    code.align(VECTOR);
    code.place(place);
    for (int i = 0; i < WIDTH; i++) {
      code.word(VnniOperands.nibbleColumn(i));
    }
    for (int i = 0; i < WIDTH; i++) {
      code.word(VnniOperands.byteColumn(i));
    }
    code.word(Float.floatToRawIntBits(Int8.MAX));
    code.word(Integer.MAX_VALUE);
    code.word(Float.floatToRawIntBits(Int8.SMALLEST));
  }
}
