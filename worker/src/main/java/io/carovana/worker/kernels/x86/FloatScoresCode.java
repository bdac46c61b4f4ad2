package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.VnniTile;
import io.carovana.worker.kernels.x86.Assembler.Condition;
import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Writes the code of some queries' dot products with a page's 32 keys in f32: chains in ascending
 * dimension, a lane a key (rule 7).
 *
 * <p>Registers: {@code 2 * query + half} is the chain of sixteen keys.
 */
final class FloatScoresCode {
  /** Most queries of one call. */
  static final int MAX_QUERIES = 6;

  private static final int KEYS = 2 * MAX_QUERIES;
  private static final int VECTOR = 64;

  /** Dimensions that are written out; heads are multiples of sixteen. */
  private static final int UNROLLED = 4;

  // general registers
  private static final int ARRAY = Assembler.RDI;
  private static final int DIMENSIONS = Assembler.RDX;
  private static final int QUERIES = Assembler.RCX;
  private static final int DOTS = Assembler.R8;
  private static final int STRIDE = Assembler.RSI;
  private static final int STRIDE_3 = Assembler.RAX;
  private static final int STRIDE_5 = Assembler.R9;

  private final Assembler code = new Assembler();
  private final Simd simd = new Simd(code);
  private final int queries;

  private FloatScoresCode(int queries) {
    this.queries = queries;
  }

  /**
   * The code for {@code queries} queries. Its arguments are the page's array, the offset of the
   * head's keys in bytes, headDim, and the addresses of the first query's values and of its dot
   * products with the page.
   */
  static byte[] of(int queries) {
    return new FloatScoresCode(queries).write();
  }

  private byte[] write() {
    code.addRegister(ARRAY, Assembler.RSI);
    code.address(STRIDE, Memory.scaled(DIMENSIONS, Float.BYTES));
    code.address(STRIDE_3, Memory.at(STRIDE, STRIDE, 2, 0));
    code.address(STRIDE_5, Memory.at(STRIDE, STRIDE, 4, 0));
    for (int i = 0; i < 2 * queries; i++) {
      simd.zero(i);
    }
    Label loop = new Label();
    code.place(loop);
    for (int i = 0; i < UNROLLED; i++) {
      dimension(i);
    }
    code.add(ARRAY, UNROLLED * 2 * VECTOR);
    code.add(QUERIES, UNROLLED * Float.BYTES);
    code.subtract(DIMENSIONS, UNROLLED);
    code.jump(Condition.NOT_ZERO, loop);
    for (int query = 0; query < queries; query++) {
      for (int half = 0; half < 2; half++) {
        simd.store(Memory.at(DOTS, query * VnniTile.DOTS + half * VECTOR), 2 * query + half);
      }
    }
    code.leave();
    return code.finish();
  }

  private void dimension(int dimension) {
    for (int half = 0; half < 2; half++) {
      simd.load(KEYS + half, Memory.at(ARRAY, dimension * 2 * VECTOR + half * VECTOR));
    }
    for (int query = 0; query < queries; query++) {
      Memory value = value(query).plus(dimension * Float.BYTES).toAllLanes();
      simd.fma(2 * query, KEYS, value);
      simd.fma(2 * query + 1, KEYS + 1, value);
    }
  }

  private static Memory value(int query) {
    return switch (query) {
      case 0 -> Memory.at(QUERIES, 0);
      case 1 -> Memory.at(QUERIES, STRIDE, 1, 0);
      case 2 -> Memory.at(QUERIES, STRIDE, 2, 0);
      case 3 -> Memory.at(QUERIES, STRIDE_3, 1, 0);
      case 4 -> Memory.at(QUERIES, STRIDE, 4, 0);
      default -> Memory.at(QUERIES, STRIDE_5, 1, 0);
    };
  }
}
