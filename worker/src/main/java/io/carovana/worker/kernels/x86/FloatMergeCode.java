package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.VnniTile;
import io.carovana.worker.kernels.x86.Assembler.Condition;
import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Writes the code that merges a block's weighted values of neighbouring queries into what came
 * before, and begins the next block: {@code running = fma(block, newFactor, running * oldFactor);
 * block = 0} (rule 7).
 */
final class FloatMergeCode {
  private static final int VECTOR = 64;
  private static final int VALUE = 0;
  private static final int OLD = 1;
  private static final int NEW = 2;
  private static final int ZERO = 3;

  // general registers
  private static final int RUNNING = Assembler.RDI;
  private static final int BLOCK = Assembler.RSI;
  private static final int RECORDS = Assembler.RDX;
  private static final int VECTORS = Assembler.RCX;
  private static final int QUERIES = Assembler.R8;
  private static final int LEFT = Assembler.RAX;

  private FloatMergeCode() {}

  /**
   * The code. Its arguments are the addresses of the first query's running values, the block's, and
   * record, then vectors of sixteen dimensions, and queries.
   */
  static byte[] of() {
    Assembler code = new Assembler();
    Simd simd = new Simd(code);
    Label queries = new Label();
    Label vectors = new Label();
    simd.zero(ZERO);
    code.place(queries);
    simd.broadcast(OLD, Memory.at(RECORDS, VnniTile.OLD_FACTOR));
    simd.broadcast(NEW, Memory.at(RECORDS, VnniTile.NEW_FACTOR));
    code.move(LEFT, VECTORS);
    code.place(vectors);
    simd.multiplyFloat(VALUE, OLD, Memory.at(RUNNING, 0));
    simd.fma(VALUE, NEW, Memory.at(BLOCK, 0));
    simd.store(Memory.at(RUNNING, 0), VALUE);
    simd.store(Memory.at(BLOCK, 0), ZERO);
    code.add(RUNNING, VECTOR);
    code.add(BLOCK, VECTOR);
    code.subtract(LEFT, 1);
    code.jump(Condition.NOT_ZERO, vectors);
    code.add(RECORDS, VnniTile.RECORD);
    code.subtract(QUERIES, 1);
    code.jump(Condition.NOT_ZERO, queries);
    code.leave();
    return code.finish();
  }
}
