package io.carovana.worker.kernels.x86;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.VnniTile;
import io.carovana.worker.kernels.x86.Assembler.Condition;
import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Writes the code of some queries' weighted values of a block, in q8 (rule 7), for up to 64
 * neighbouring dimensions, and merges them into what came before. Four keys of sixteen dimensions
 * an instruction; weights are two unsigned bytes, so there are two sums for each.
 *
 * <p>Registers: {@code (4 * query + vector) * 2 + digit} is a sum.
 */
final class BlockValuesCode {
  /** Most queries of one call. */
  static final int MAX_QUERIES = 3;

  /** Most vectors of sixteen dimensions. */
  static final int MAX_VECTORS = 4;

  private static final int VALUES = 2 * MAX_QUERIES * MAX_VECTORS;
  private static final int DIGIT = VALUES + MAX_VECTORS;
  private static final int VECTOR = 64;
  private static final int FOUR = 4;

  // general registers
  private static final int ARRAY = Assembler.RDI;
  private static final int PAGES = Assembler.RSI;
  private static final int PAGES_LEFT = Assembler.RDX;
  private static final int ROW = Assembler.RCX;
  private static final int DIGITS = Assembler.R8;
  private static final int RECORDS = Assembler.R9;
  private static final int PAGE = Assembler.R10;
  private static final int STEPS = Assembler.R11;
  private static final int RUNNING = Assembler.RAX;

  private final Assembler code = new Assembler();
  private final Simd simd = new Simd(code);
  private final int queries;
  private final int vectors;

  private BlockValuesCode(int queries, int vectors) {
    this.queries = queries;
    this.vectors = vectors;
  }

  /**
   * The code for {@code queries} queries and {@code 16 * vectors} dimensions. Its arguments are the
   * array of values, the address of the pages' offsets, their number, bytes of four keys' values,
   * the addresses of the first query's digits and record, and on the stack that of its running
   * values and the bytes that lie before the first dimension.
   */
  static byte[] of(int queries, int vectors) {
    return new BlockValuesCode(queries, vectors).write();
  }

  private byte[] write() {
    code.load(RUNNING, Memory.at(Assembler.RSP, Long.BYTES));
    code.add(ARRAY, Memory.at(Assembler.RSP, 2 * Long.BYTES));
    for (int query = 0; query < queries; query++) {
      for (int i = 0; i < 2 * vectors; i++) {
        simd.zero(sum(query, 0, 0) + i);
      }
    }
    Label pages = new Label();
    Label keys = new Label();
    code.place(pages);
    code.load(PAGE, Memory.at(PAGES, 0));
    code.addRegister(PAGE, ARRAY);
    code.address(STEPS, Memory.at(DIGITS, Numerics.KV_PAGE_TOKENS));
    code.place(keys);
    fourKeys();
    code.addRegister(PAGE, ROW);
    code.add(DIGITS, FOUR);
    code.compare(DIGITS, STEPS);
    code.jump(Condition.NOT_ZERO, keys);
    code.add(PAGES, Long.BYTES);
    code.subtract(PAGES_LEFT, 1);
    code.jump(Condition.NOT_ZERO, pages);
    for (int query = 0; query < queries; query++) {
      merge(query);
      code.addRegister(RUNNING, ROW);
    }
    code.leave();
    return code.finish();
  }

  private void fourKeys() {
    for (int vector = 0; vector < vectors; vector++) {
      simd.load(VALUES + vector, Memory.at(PAGE, vector * VECTOR));
    }
    for (int query = 0; query < queries; query++) {
      for (int digit = 0; digit < 2; digit++) {
        int place = query * VnniTile.DIGITS + digit * Numerics.ATTENTION_BLOCK;
        simd.broadcast(DIGIT + digit, Memory.at(DIGITS, place));
        for (int vector = 0; vector < vectors; vector++) {
          simd.dotBytes(sum(query, vector, digit), DIGIT + digit, VALUES + vector);
        }
      }
    }
  }

  /** {@code running = fma(float(sum) * weightScale, newFactor, running * oldFactor)}. */
  private void merge(int query) {
    for (int vector = 0; vector < vectors; vector++) {
      int value = sum(query, vector, 1);
      simd.shiftLeft(value, value, Byte.SIZE);
      simd.add(value, value, sum(query, vector, 0));
      simd.toFloat(value, value);
      simd.multiplyFloat(value, value, field(query, VnniTile.WEIGHT_SCALE));
      Memory place = Memory.at(RUNNING, vector * VECTOR);
      simd.load(VALUES, place);
      simd.multiplyFloat(VALUES, VALUES, field(query, VnniTile.OLD_FACTOR));
      simd.fma(VALUES, value, field(query, VnniTile.NEW_FACTOR));
      simd.store(place, VALUES);
    }
  }

  private static Memory field(int query, int field) {
    return Memory.at(RECORDS, query * VnniTile.RECORD + field).toAllLanes();
  }

  private int sum(int query, int vector, int digit) {
    return (MAX_VECTORS * query + vector) * 2 + digit;
  }
}
