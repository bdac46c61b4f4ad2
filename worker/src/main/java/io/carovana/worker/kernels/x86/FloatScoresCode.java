package io.carovana.worker.kernels.x86;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.VnniTile;
import io.carovana.worker.kernels.x86.Assembler.Condition;
import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Writes the code of some queries' dot products with a block's keys in f32 or bf16: chains in
 * ascending dimension, a lane a key (rule 7).
 *
 * <p>Registers: {@code 2 * query + half} is the chain of a page's sixteen keys.
 */
final class FloatScoresCode {
  /** Most queries of one call. */
  static final int MAX_QUERIES = Strided.PLACES;

  private static final int KEYS = 2 * MAX_QUERIES;
  private static final int UPPER_HALVES = KEYS + 2;

  /** Two registers for a dimension of a query. */
  private static final int VALUE = UPPER_HALVES + 1;

  private static final int VECTOR = 64;

  /** Dimensions that are written out; heads are multiples of sixteen. */
  private static final int UNROLLED = 4;

  // general registers
  private static final int ARRAY = Assembler.RDI;
  private static final int PAGES = Assembler.RSI;
  private static final int PAGES_LEFT = Assembler.RDX;
  private static final int STRIDE = Assembler.RCX;
  private static final int QUERIES = Assembler.R8;
  private static final int DOTS = Assembler.R9;
  private static final int PAGE = Assembler.R10;
  private static final int VALUES = Assembler.R11;
  private static final int STEPS = Assembler.RAX;
  private static final int STRIDE_3 = Assembler.RBX;
  private static final int STRIDE_5 = Assembler.RBP;
  private static final int TO_FETCH = Assembler.R12;
  private static final Strided VALUES_OF_QUERIES = new Strided(VALUES, STRIDE, STRIDE_3, STRIDE_5);

  private final Assembler code = new Assembler();
  private final Simd simd = new Simd(code);
  private final FloatLoad load;
  private final int queries;
  private final boolean fetch;

  private FloatScoresCode(int elementBytes, int queries, boolean fetch) {
    this.fetch = fetch;
    this.load = new FloatLoad(simd, elementBytes, UPPER_HALVES);
    this.queries = queries;
  }

  /**
   * The code for {@code queries} queries and keys whose elements take {@code elementBytes}. Its
   * arguments are the array of keys, the address of the pages' offsets, their number, bytes of a
   * query, the addresses of the first query's values and dot products, and on the stack the array
   * of values.
   *
   * @param fetch whether to have the pages' values, which have the same offsets, fetched into the
   *     second-level cache
   */
  static byte[] of(int elementBytes, int queries, boolean fetch) {
    return new FloatScoresCode(elementBytes, queries, fetch).write();
  }

  private byte[] write() {
    code.push(STRIDE_3);
    code.push(STRIDE_5);
    code.push(TO_FETCH);
    code.load(TO_FETCH, Memory.at(Assembler.RSP, 4 * Long.BYTES));
    code.subtractRegister(TO_FETCH, ARRAY);
    VALUES_OF_QUERIES.prepare(code);
    load.prepare();
    Label pages = new Label();
    code.place(pages);
    page();
    code.add(PAGES, Long.BYTES);
    code.add(DOTS, Numerics.KV_PAGE_TOKENS * Float.BYTES);
    code.subtract(PAGES_LEFT, 1);
    code.jump(Condition.NOT_ZERO, pages);
    code.pop(TO_FETCH);
    code.pop(STRIDE_5);
    code.pop(STRIDE_3);
    code.leave();
    return code.finish();
  }

  private void page() {
    code.load(PAGE, Memory.at(PAGES, 0));
    code.addRegister(PAGE, ARRAY);
    code.move(VALUES, QUERIES);
    code.move(STEPS, STRIDE);
    for (int i = 0; i < 2 * queries; i++) {
      simd.zero(i);
    }
    Label dimensions = new Label();
    code.place(dimensions);
    for (int i = 0; i < UNROLLED; i++) {
      dimension(i);
    }
    code.add(PAGE, UNROLLED * load.bytes(2));
    code.add(VALUES, UNROLLED * Float.BYTES);
    code.subtract(STEPS, UNROLLED * Float.BYTES);
    code.jump(Condition.NOT_ZERO, dimensions);
    for (int query = 0; query < queries; query++) {
      for (int half = 0; half < 2; half++) {
        simd.store(Memory.at(DOTS, query * VnniTile.DOTS + half * VECTOR), 2 * query + half);
      }
    }
  }

  private void dimension(int dimension) {
    int at = dimension * load.bytes(2);
    load.two(KEYS, Memory.at(PAGE, at));
    for (int line = 0; fetch && line < load.bytes(2); line += VECTOR) {
      code.prefetch(Memory.at(PAGE, TO_FETCH, 1, at + line));
    }
    for (int query = 0; query < queries; query++) {
      int value = VALUE + query % 2;
      simd.broadcast(value, VALUES_OF_QUERIES.at(query).plus(dimension * Float.BYTES));
      simd.fma(2 * query, KEYS, value);
      simd.fma(2 * query + 1, KEYS + 1, value);
    }
  }
}
