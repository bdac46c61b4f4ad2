package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.ExpPolynomial;
import io.carovana.worker.kernels.ScalarKernels;
import io.carovana.worker.kernels.x86.Assembler.Condition;
import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/** Writes the code of what is done to whole rows: the two halves of RMSNorm, and SiLU (rule 6). */
final class RowsCode {
  /** Elements of a vector. */
  static final int WIDTH = 16;

  private static final int VECTOR = 64;
  private static final int SUMS = ScalarKernels.STRIDED / WIDTH;
  private static final int RED_ZONE = -8;

  private final Assembler code = new Assembler();
  private final Simd simd = new Simd(code);

  private RowsCode() {}

  /**
   * The sum of squares in 64 accumulators and their tree. Arguments: an array, the row's offset in
   * bytes, 64ths of the row; returns the sum.
   */
  static byte[] sumOfSquares() {
    return new RowsCode().writeSumOfSquares();
  }

  /**
   * {@code out = x * scale * weight}. Arguments: an array and the row's offset, the weights, the
   * output and the row's offset there, 16ths of the row, and the scale.
   */
  static byte[] scale() {
    return new RowsCode().writeScale();
  }

  /**
   * {@code out = silu(gate) * up}. Arguments: three pairs of an array and an offset (gate, up,
   * out), and 16ths of the row; returns the bits of the largest magnitude, which are those of
   * infinity or more if a result is not finite.
   */
  static byte[] silu() {
    return new RowsCode().writeSilu();
  }

  private byte[] writeSumOfSquares() {
    code.addRegister(Assembler.RDI, Assembler.RSI);
    for (int i = 0; i < SUMS; i++) {
      simd.zero(i);
    }
    Label loop = new Label();
    code.place(loop);
    for (int i = 0; i < SUMS; i++) {
      simd.load(SUMS + i, Memory.at(Assembler.RDI, i * VECTOR));
      simd.fma(i, SUMS + i, SUMS + i);
    }
    code.add(Assembler.RDI, SUMS * VECTOR);
    next(loop, Assembler.RDX);
    simd.strideTree(0, SUMS);
    code.leave();
    return code.finish();
  }

  private byte[] writeScale() {
    code.addRegister(Assembler.RDI, Assembler.RSI);
    code.addRegister(Assembler.RCX, Assembler.R8);
    simd.broadcastLowest(0, 0);
    Label loop = new Label();
    code.place(loop);
    simd.multiplyFloat(1, 0, Memory.at(Assembler.RDI, 0));
    simd.multiplyFloat(1, 1, Memory.at(Assembler.RDX, 0));
    simd.store(Memory.at(Assembler.RCX, 0), 1);
    code.add(Assembler.RDI, VECTOR);
    code.add(Assembler.RDX, VECTOR);
    code.add(Assembler.RCX, VECTOR);
    next(loop, Assembler.R9);
    code.leave();
    return code.finish();
  }

  private byte[] writeSilu() {
    int gate = Assembler.RDI;
    int up = Assembler.RDX;
    int out = Assembler.R8;
    int left = Assembler.R10;
    int largest = 10;
    Constants constants = new Constants(code, Assembler.RAX);
    ExpCode exp = new ExpCode(simd, constants, 11, 12);
    code.addRegister(gate, Assembler.RSI);
    code.addRegister(up, Assembler.RCX);
    code.addRegister(out, Assembler.R9);
    code.load(left, Memory.at(Assembler.RSP, Long.BYTES));
    constants.prepare();
    exp.prepare();
    simd.broadcast(13, constants.of(ExpPolynomial.HIGHEST));
    simd.zero(largest);
    Label loop = new Label();
    code.place(loop);
    simd.load(0, Memory.at(gate, 0));
    simd.xor(1, 0, constants.ofBits(Integer.MIN_VALUE));
    simd.minFloat(1, 13, 1);
    exp.write(1, 2, 3, 4);
    simd.addFloat(1, 1, constants.of(1f));
    simd.divideFloat(0, 0, 1);
    simd.multiplyFloat(0, 0, Memory.at(up, 0));
    simd.store(Memory.at(out, 0), 0);
    simd.and(1, 0, constants.ofBits(Integer.MAX_VALUE));
    simd.max(largest, largest, 1);
    code.add(gate, VECTOR);
    code.add(up, VECTOR);
    code.add(out, VECTOR);
    next(loop, left);
    for (int lanes = WIDTH / 2; lanes > 0; lanes /= 2) {
      simd.rotate(1, largest, lanes);
      simd.max(largest, largest, 1);
    }
    simd.storeLowest(Memory.at(Assembler.RSP, RED_ZONE), largest);
    code.load(Assembler.RAX, Memory.at(Assembler.RSP, RED_ZONE));
    code.leave();
    constants.write();
    return code.finish();
  }

  private void next(Label loop, int left) {
    code.subtract(left, 1);
    code.jump(Condition.NOT_ZERO, loop);
  }
}
