package io.carovana.worker.kernels.x86;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.VnniTile;
import io.carovana.worker.kernels.x86.Assembler.Condition;
import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Writes the code that goes on with some queries' chains of weighted values over neighbouring keys
 * in f32 or bf16, for up to 64 neighbouring dimensions (rule 7).
 *
 * <p>Registers: {@code 4 * query + vector} is a chain.
 */
final class FloatValuesCode {
  /** Most queries of one call. */
  static final int MAX_QUERIES = Strided.PLACES;

  /** Most vectors of sixteen dimensions. */
  static final int MAX_VECTORS = 4;

  private static final int VALUES = MAX_QUERIES * MAX_VECTORS;
  private static final int UPPER_HALVES = VALUES + MAX_VECTORS;

  /** Two registers for a query's weight of a key. */
  private static final int WEIGHT = UPPER_HALVES + 1;

  private static final int VECTOR = 64;

  // general registers
  private static final int ARRAY = Assembler.RDI;
  private static final int PAGES = Assembler.RSI;
  private static final int KEYS = Assembler.RDX;
  private static final int OUT_ROW = Assembler.RCX;
  private static final int WEIGHTS = Assembler.R8;
  private static final int OUT = Assembler.R9;
  private static final int VALUE = Assembler.R10;
  private static final int KEYS_OF_PAGE = Assembler.R11;
  private static final int OUT_ROW_5 = Assembler.RBX;
  private static final int VALUE_ROW = Assembler.RBP;
  private static final Strided OUTS = new Strided(OUT, OUT_ROW, Assembler.RAX, OUT_ROW_5);

  private final Assembler code = new Assembler();
  private final Simd simd = new Simd(code);
  private final FloatLoad load;
  private final int queries;
  private final int vectors;

  private FloatValuesCode(int elementBytes, int queries, int vectors) {
    this.load = new FloatLoad(simd, elementBytes, UPPER_HALVES);
    this.queries = queries;
    this.vectors = vectors;
  }

  /**
   * The code for {@code queries} queries and {@code 16 * vectors} dimensions of values whose
   * elements take {@code elementBytes}. Its arguments are the array of values, the address of the
   * first key's page's offset there, the number of keys, bytes of a query's chains, the addresses
   * of the first query's weight of the first key and of its chains, and on the stack bytes of a
   * value, the first key's slot and the bytes that lie before the first dimension.
   */
  static byte[] of(int elementBytes, int queries, int vectors) {
    return new FloatValuesCode(elementBytes, queries, vectors).write();
  }

  private byte[] write() {
    code.push(OUT_ROW_5);
    code.push(VALUE_ROW);
    OUTS.prepare(code);
    load.prepare();
    code.load(VALUE_ROW, argument(0));
    code.load(KEYS_OF_PAGE, argument(1));
    code.add(ARRAY, argument(2));
    code.move(VALUE, VALUE_ROW);
    code.multiply(VALUE, KEYS_OF_PAGE);
    code.add(VALUE, Memory.at(PAGES, 0));
    code.addRegister(VALUE, ARRAY);
    code.subtract(KEYS_OF_PAGE, Numerics.KV_PAGE_TOKENS);
    for (int query = 0; query < queries; query++) {
      for (int vector = 0; vector < vectors; vector++) {
        simd.load(chain(query, vector), OUTS.at(query).plus(vector * VECTOR));
      }
    }
    Label keys = new Label();
    Label end = new Label();
    code.place(keys);
    for (int vector = 0; vector < vectors; vector += 2) {
      Memory place = Memory.at(VALUE, load.bytes(vector));
      if (vector + 1 < vectors) {
        load.two(VALUES + vector, place);
      } else {
        load.one(VALUES + vector, place);
      }
    }
    for (int query = 0; query < queries; query++) {
      int weight = WEIGHT + query % 2;
      simd.broadcast(weight, Memory.at(WEIGHTS, query * VnniTile.DOTS));
      for (int vector = 0; vector < vectors; vector++) {
        simd.fma(chain(query, vector), VALUES + vector, weight);
      }
    }
    code.subtract(KEYS, 1);
    code.jump(Condition.ZERO, end);
    code.addRegister(VALUE, VALUE_ROW);
    code.add(WEIGHTS, Float.BYTES);
    code.add(KEYS_OF_PAGE, 1);
    code.jump(Condition.NOT_ZERO, keys);
    code.add(PAGES, Long.BYTES);
    code.load(VALUE, Memory.at(PAGES, 0));
    code.addRegister(VALUE, ARRAY);
    code.subtract(KEYS_OF_PAGE, Numerics.KV_PAGE_TOKENS);
    code.jump(Condition.NOT_ZERO, keys);
    code.place(end);
    for (int query = 0; query < queries; query++) {
      for (int vector = 0; vector < vectors; vector++) {
        simd.store(OUTS.at(query).plus(vector * VECTOR), chain(query, vector));
      }
    }
    code.pop(VALUE_ROW);
    code.pop(OUT_ROW_5);
    code.leave();
    return code.finish();
  }

  /** An argument on the stack, above two saved registers and the return address. */
  private static Memory argument(int index) {
    return Memory.at(Assembler.RSP, (3 + index) * Long.BYTES);
  }

  private static int chain(int query, int vector) {
    return MAX_VECTORS * query + vector;
  }
}
