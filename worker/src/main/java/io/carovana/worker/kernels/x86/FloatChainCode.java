package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import io.carovana.worker.kernels.x86.Assembler.Condition;
import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Writes the code of chains over float weights (rule 3): some rows of activations times the 32 rows
 * of a panel, columns ascending, one lane a chain.
 *
 * <p>Registers: {@code 2 * row + half} is a chain.
 */
final class FloatChainCode {
  /** Most rows of one call. */
  static final int MAX_ROWS = Strided.PLACES;

  private static final int WEIGHTS = 2 * MAX_ROWS;

  /** Two registers for a column of a row of activations. */
  private static final int VALUE = WEIGHTS + 2;

  private static final int VECTOR = 64;

  // general registers
  private static final int CODES = Assembler.RDI;
  private static final int X = Assembler.RDX;
  private static final int STRIDE = Assembler.R8;
  private static final int COLUMNS = Assembler.R9;
  private static final int OUT = Assembler.RSI;
  private static final Strided ROWS = new Strided(X, STRIDE, Assembler.RAX, Assembler.RCX);

  private final Assembler code = new Assembler();
  private final Simd simd = new Simd(code);
  private final PanelFormat format;
  private final int rows;

  private FloatChainCode(PanelFormat format, int rows) {
    this.format = format;
    this.rows = rows;
  }

  /**
   * The code for {@code rows} rows of activations. Its arguments are two pairs of an array and an
   * offset in bytes (weights, activations), the bytes from one row of activations to the next, the
   * number of columns, and, on the stack, the pair of the output {@code [rows][32]}.
   */
  static byte[] of(PanelFormat format, int rows) {
    return new FloatChainCode(format, rows).write();
  }

  private byte[] write() {
    code.addRegister(CODES, Assembler.RSI);
    code.addRegister(X, Assembler.RCX);
    code.load(OUT, Memory.at(Assembler.RSP, Long.BYTES));
    code.add(OUT, Memory.at(Assembler.RSP, 2 * Long.BYTES));
    ROWS.prepare(code);
    for (int i = 0; i < 2 * rows; i++) {
      simd.zero(i);
    }
    Label loop = new Label();
    code.place(loop);
    for (int half = 0; half < 2; half++) {
      widen(WEIGHTS + half, Memory.at(CODES, half * Panels.LANES * format.bits() / Byte.SIZE / 2));
    }
    for (int row = 0; row < rows; row++) {
      int x = VALUE + row % 2;
      simd.broadcast(x, ROWS.at(row));
      simd.fma(2 * row, WEIGHTS, x);
      simd.fma(2 * row + 1, WEIGHTS + 1, x);
    }
    code.add(CODES, Panels.LANES * format.bits() / Byte.SIZE);
    code.add(X, Float.BYTES);
    code.subtract(COLUMNS, 1);
    code.jump(Condition.NOT_ZERO, loop);
    for (int i = 0; i < 2 * rows; i++) {
      simd.store(Memory.at(OUT, i * VECTOR), i);
    }
    code.leave();
    return code.finish();
  }

  private void widen(int dest, Memory source) {
    switch (format) {
      case F32 -> simd.load(dest, source);
      case F16 -> simd.widenHalves(dest, source);
      case BF16 -> {
        simd.widenUnsigned(dest, source);
        simd.shiftLeft(dest, dest, Short.SIZE);
      }
      default -> throw new IllegalArgumentException(format + " is not a float format");
    }
  }
}
