package io.carovana.worker.kernels.x86;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.Int8;
import io.carovana.worker.kernels.QuantizedTile;
import io.carovana.worker.kernels.VnniTile;
import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Writes the code of what lies between attention's two products for one query and one block of keys
 * (rules 6 and 7): scores, exp(score - max), their sum, in q8 the values' weights as two digits,
 * and the factors that merge the block into what came before. All 256 keys stay in sixteen
 * registers; those that the query does not see get negative infinity for a score, whose exponential
 * is a zero that is added and never multiplied.
 *
 * <p>A NaN is never lost: the sum keeps it, and the result is refused.
 */
final class BlockSoftmaxCode {
  private static final int VECTORS = Numerics.ATTENTION_BLOCK / 16;
  private static final int VECTOR = 64;

  // vector registers beside the sixteen of the keys
  private static final int SCALE = 16;
  private static final int MINUS_INFINITY = 17;
  private static final int LOWEST = 18;
  private static final int LOG2_E = 19;
  private static final int MAX = 20;
  private static final int SUM = 21; // and the three after it
  private static final int SPARE = 25; // and the three after it
  private static final int LARGEST = 29;
  private static final int OLD = 30;
  private static final int NEW = 31;

  // general registers
  private static final int DOTS = Assembler.RDI;
  private static final int RECORD = Assembler.RSI;
  private static final int SCALES = Assembler.RDX;
  private static final int SEEN = Assembler.RCX;
  private static final int DIGITS = Assembler.R8;
  private static final int CONSTANTS = Assembler.RAX;

  private final Assembler code = new Assembler();
  private final Simd simd = new Simd(code);
  private final Constants constants = new Constants(code, CONSTANTS);
  private final ExpCode exp = new ExpCode(simd, constants, LOWEST, LOG2_E);

  private final boolean quantized;

  private BlockSoftmaxCode(boolean quantized) {
    this.quantized = quantized;
  }

  /**
   * The code for f32: dot products are f32 too and become probabilities in their place; its
   * arguments are those of {@link #forBytes}, of which scales and digits are not used.
   */
  static byte[] forFloats() {
    return new BlockSoftmaxCode(false).write();
  }

  /**
   * The code for q8. Its arguments are the addresses of the query's dot products and record, of the
   * block's key scales (value scales follow), of a word for every key that is all ones if it is
   * seen, and of the query's digits.
   */
  static byte[] forBytes() {
    return new BlockSoftmaxCode(true).write();
  }

  private byte[] write() {
    constants.prepare();
    exp.prepare();
    simd.broadcast(MINUS_INFINITY, constants.of(Float.NEGATIVE_INFINITY));
    simd.broadcast(SCALE, Memory.at(RECORD, VnniTile.QUERY_SCALE));
    scores();
    for (int i = 0; i < VECTORS; i += 2) {
      exponentials(i);
    }
    sum();
    if (quantized) {
      weights();
    } else {
      for (int i = 0; i < VECTORS; i++) {
        simd.store(Memory.at(DOTS, i * VECTOR), i);
      }
    }
    factors();
    code.leave();
    constants.write();
    return code.finish();
  }

  /** {@code score = float(dot) * (keyScale * queryScale)} or dot * scale; the largest of all. */
  private void scores() {
    for (int i = 0; i < VECTORS; i++) {
      if (quantized) {
        simd.multiplyFloat(SPARE, SCALE, Memory.at(SCALES, i * VECTOR));
        simd.toFloat(i, Memory.at(DOTS, i * VECTOR));
        simd.multiplyFloat(i, i, SPARE);
      } else {
        simd.multiplyFloat(i, SCALE, Memory.at(DOTS, i * VECTOR));
      }
      simd.keep(i, MINUS_INFINITY, Memory.at(SEEN, i * VECTOR));
    }
    largestOfAll(MAX);
  }

  /** The largest of the keys' sixteen registers, in all lanes of {@code dest}. */
  private void largestOfAll(int dest) {
    for (int i = 0; i < 4; i++) {
      simd.maxFloat(SPARE + i, i, i + 4);
      simd.maxFloat(SPARE + i, SPARE + i, i + 8);
      simd.maxFloat(SPARE + i, SPARE + i, i + 12);
    }
    simd.maxFloat(SPARE, SPARE, SPARE + 1);
    simd.maxFloat(SPARE + 2, SPARE + 2, SPARE + 3);
    simd.maxFloat(dest, SPARE, SPARE + 2);
    for (int lanes = 8; lanes > 0; lanes /= 2) {
      simd.rotate(SPARE, dest, lanes);
      simd.maxFloat(dest, dest, SPARE);
    }
  }

  /** {@code exp(score - max)} of two vectors. */
  private void exponentials(int first) {
    for (int i = first; i < first + 2; i++) {
      simd.subtractFloat(i, i, MAX);
      exp.write(i, SPARE + 2 * (i - first), SPARE + 1 + 2 * (i - first), SUM + 1 + i - first);
    }
  }

  /** 64 accumulators and their tree (rule 6), the total in all lanes. */
  private void sum() {
    for (int i = 0; i < 4; i++) {
      simd.addFloat(SUM + i, i, i + 4);
      simd.addFloat(SUM + i, SUM + i, i + 8);
      simd.addFloat(SUM + i, SUM + i, i + 12);
    }
    simd.strideTree(SUM, SPARE);
  }

  /** {@code w = p * valueScale; t = max w; u = rint(w * (65535 / t))}. */
  private void weights() {
    for (int i = 0; i < VECTORS; i++) {
      simd.multiplyFloat(i, i, Memory.at(SCALES, Numerics.ATTENTION_BLOCK * 4 + i * VECTOR));
      simd.and(i, i, Memory.at(SEEN, i * VECTOR));
    }
    largestOfAll(LARGEST);
    // All ones where the largest weight is below the smallest that counts.
    simd.subtract(SPARE, LARGEST, constants.of(Int8.SMALLEST));
    simd.shiftRightSigned(SPARE, SPARE, Integer.SIZE - 1);
    simd.broadcast(SPARE + 1, constants.of(QuantizedTile.WEIGHT_MAX));
    simd.divideFloat(SPARE + 2, SPARE + 1, LARGEST);
    simd.andNot(SPARE + 2, SPARE, SPARE + 2);
    simd.divideFloat(SPARE + 3, LARGEST, SPARE + 1);
    simd.andNot(SPARE + 3, SPARE, SPARE + 3);
    simd.storeLowest(Memory.at(RECORD, VnniTile.WEIGHT_SCALE), SPARE + 3);
    for (int i = 0; i < VECTORS; i++) {
      simd.multiplyFloat(i, i, SPARE + 2);
      simd.toWhole(i, i);
      simd.storeLowBytes(Memory.at(DIGITS, i * VECTOR / 4), i);
      simd.shiftRight(i, i, Byte.SIZE);
      simd.storeLowBytes(Memory.at(DIGITS, Numerics.ATTENTION_BLOCK + i * VECTOR / 4), i);
    }
  }

  /** {@code sum = fma(blockSum, new, sum * old)} and the larger maximum. */
  private void factors() {
    simd.broadcast(OLD, Memory.at(RECORD, VnniTile.MAXIMUM));
    simd.maxFloat(LARGEST, OLD, MAX);
    simd.storeLowest(Memory.at(RECORD, VnniTile.MAXIMUM), LARGEST);
    simd.subtractFloat(OLD, OLD, LARGEST);
    simd.subtractFloat(NEW, MAX, LARGEST);
    exp.write(OLD, SPARE, SPARE + 1, SUM + 1);
    exp.write(NEW, SPARE + 2, SPARE + 3, SUM + 2);
    simd.storeLowest(Memory.at(RECORD, VnniTile.OLD_FACTOR), OLD);
    simd.storeLowest(Memory.at(RECORD, VnniTile.NEW_FACTOR), NEW);
    simd.multiplyFloat(OLD, OLD, Memory.at(RECORD, VnniTile.SUM).toAllLanes());
    simd.fma(OLD, SUM, NEW);
    simd.storeLowest(Memory.at(RECORD, VnniTile.SUM), OLD);
  }
}
