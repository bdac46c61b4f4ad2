package io.carovana.worker.kernels.x86;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.VnniTile;
import io.carovana.worker.kernels.x86.Assembler.Condition;
import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Writes the code of some queries' dot products with a block's keys, in q8 (rule 7): four
 * dimensions of sixteen keys an instruction. Keys are the unsigned operand, counted from -128.
 *
 * <p>Registers: {@code 2 * query + half} is the sum of a page's sixteen keys.
 */
final class BlockScoresCode {
  /** Most queries of one call. */
  static final int MAX_QUERIES = Strided.PLACES;

  private static final int KEYS = 2 * MAX_QUERIES;
  private static final int SIGN_BITS = KEYS + 2;

  /** Two registers for four dimensions of a query. */
  private static final int FOURS_OF_QUERY = SIGN_BITS + 1;

  private static final int VECTOR = 64;
  private static final int FOUR = 4;

  /** Steps of four dimensions that are written out; heads are multiples of sixteen. */
  private static final int UNROLLED = 4;

  // general registers
  private static final int ARRAY = Assembler.RDI;
  private static final int PAGES = Assembler.RSI;
  private static final int PAGES_LEFT = Assembler.RDX;
  private static final int HEAD_DIM = Assembler.RCX;
  private static final int QUERIES = Assembler.R8;
  private static final int DOTS = Assembler.R9;
  private static final int RECORDS = Assembler.RBP;
  private static final int PAGE = Assembler.R10;
  private static final int CODES = Assembler.R11;
  private static final int STEPS = Assembler.RAX;
  private static final int STRIDE_3 = Assembler.RBX;
  private static final int STRIDE_5 = Assembler.R12;
  private static final Strided FOURS = new Strided(CODES, HEAD_DIM, STRIDE_3, STRIDE_5);

  private final Assembler code = new Assembler();
  private final Simd simd = new Simd(code);
  private final int queries;

  private BlockScoresCode(int queries) {
    this.queries = queries;
  }

  /**
   * The code for {@code queries} queries. Its arguments are the array of keys, the addresses of the
   * pages' offsets, their number, headDim, and the addresses of the first query's codes, dot
   * products and (on the stack) record.
   */
  static byte[] of(int queries) {
    return new BlockScoresCode(queries).write();
  }

  private byte[] write() {
    Label constants = new Label();
    Label pages = new Label();
    enter(constants);
    code.place(pages);
    page();
    code.add(PAGES, Long.BYTES);
    code.add(DOTS, Numerics.KV_PAGE_TOKENS * Integer.BYTES);
    code.subtract(PAGES_LEFT, 1);
    code.jump(Condition.NOT_ZERO, pages);
    code.pop(STRIDE_5);
    code.pop(RECORDS);
    code.pop(STRIDE_3);
    code.leave();
    code.align(FOUR);
    code.place(constants);
    code.raw(0x80, 0x80, 0x80, 0x80);
    return code.finish();
  }

  private void enter(Label constants) {
    code.push(STRIDE_3);
    code.push(RECORDS);
    code.push(STRIDE_5);
    code.load(RECORDS, Memory.at(Assembler.RSP, 4 * Long.BYTES));
    FOURS.prepare(code);
    code.address(PAGE, constants);
    simd.broadcast(SIGN_BITS, Memory.at(PAGE, 0));
  }

  private void page() {
    code.load(PAGE, Memory.at(PAGES, 0));
    code.addRegister(PAGE, ARRAY);
    code.move(CODES, QUERIES);
    code.move(STEPS, HEAD_DIM);
    for (int query = 0; query < queries; query++) {
      simd.broadcast(2 * query, Memory.at(RECORDS, query * VnniTile.RECORD + VnniTile.START));
      simd.move(2 * query + 1, 2 * query);
    }
    Label dimensions = new Label();
    code.place(dimensions);
    for (int step = 0; step < UNROLLED; step++) {
      step(step);
    }
    code.add(PAGE, UNROLLED * 2 * VECTOR);
    code.add(CODES, UNROLLED * FOUR);
    code.subtract(STEPS, UNROLLED * FOUR);
    code.jump(Condition.NOT_ZERO, dimensions);
    for (int query = 0; query < queries; query++) {
      for (int half = 0; half < 2; half++) {
        Memory place = Memory.at(DOTS, query * VnniTile.DOTS + half * VECTOR);
        simd.store(place, 2 * query + half);
      }
    }
  }

  private void step(int step) {
    for (int half = 0; half < 2; half++) {
      simd.xor(KEYS + half, SIGN_BITS, Memory.at(PAGE, step * 2 * VECTOR + half * VECTOR));
    }
    for (int query = 0; query < queries; query++) {
      int four = FOURS_OF_QUERY + query % 2;
      simd.broadcast(four, FOURS.at(query).plus(step * FOUR));
      simd.dotBytes(2 * query, KEYS, four);
      simd.dotBytes(2 * query + 1, KEYS + 1, four);
    }
  }
}
