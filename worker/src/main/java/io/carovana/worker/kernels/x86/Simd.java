package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.x86.Assembler.Memory;

/** The AVX-512 instructions that kernels are made of, by what they do; registers are 0 to 31. */
final class Simd {
  private static final int NONE = 0;
  private static final int P66 = 1;
  private static final int PF3 = 2;

  private final Assembler code;

  Simd(Assembler code) {
    this.code = code;
  }

  // --- moves -------------------------------------------------------------------------------

  void load(int dest, Memory source) {
    code.evex(1, PF3, false, 0x6f, dest, 0, source);
  }

  void store(Memory dest, int source) {
    code.evex(1, PF3, false, 0x7f, source, 0, dest);
  }

  void move(int dest, int source) {
    code.evex(1, P66, false, 0x6f, dest, 0, source);
  }

  /** One element of 32 bits into all lanes. */
  void broadcast(int dest, Memory source) {
    code.evex(2, P66, false, 0x58, dest, 0, source.toOneLane());
  }

  void zero(int dest) {
    xor(dest, dest, dest);
  }

  // --- whole numbers -----------------------------------------------------------------------

  /** {@code sum[lane] += unsigned bytes of a[lane] times signed bytes of b[lane]}, four each. */
  void dotBytes(int sum, int a, Memory b) {
    code.evex(2, P66, false, 0x50, sum, a, b);
  }

  void dotBytes(int sum, int a, int b) {
    code.evex(2, P66, false, 0x50, sum, a, b);
  }

  void add(int dest, int a, int b) {
    code.evex(1, P66, false, 0xfe, dest, a, b);
  }

  void subtract(int dest, int a, int b) {
    code.evex(1, P66, false, 0xfa, dest, a, b);
  }

  void subtract(int dest, int a, Memory b) {
    code.evex(1, P66, false, 0xfa, dest, a, b);
  }

  void and(int dest, int a, int b) {
    code.evex(1, P66, false, 0xdb, dest, a, b);
  }

  void and(int dest, int a, Memory b) {
    code.evex(1, P66, false, 0xdb, dest, a, b);
  }

  /** {@code dest = ~a & b}. */
  void andNot(int dest, int a, int b) {
    code.evex(1, P66, false, 0xdf, dest, a, b);
  }

  void xor(int dest, int a, int b) {
    code.evex(1, P66, false, 0xef, dest, a, b);
  }

  void xor(int dest, int a, Memory b) {
    code.evex(1, P66, false, 0xef, dest, a, b);
  }

  /** {@code dest |= a & b}. */
  void orAnd(int dest, int a, int b) {
    code.evex(3, P66, false, 0x25, dest, a, b);
    code.immediateByte(0xf8);
  }

  void shiftLeft(int dest, int source, int bits) {
    code.evex(1, P66, false, 0x72, 6, dest, source);
    code.immediateByte(bits);
  }

  void shiftLeft(int dest, Memory source, int bits) {
    code.evex(1, P66, false, 0x72, 6, dest, source);
    code.immediateByte(bits);
  }

  void shiftRight(int dest, int source, int bits) {
    code.evex(1, P66, false, 0x72, 2, dest, source);
    code.immediateByte(bits);
  }

  void shiftRightSigned(int dest, int source, int bits) {
    code.evex(1, P66, false, 0x72, 4, dest, source);
    code.immediateByte(bits);
  }

  /**
   * Every byte becomes the eight bits of its 64-bit lane of {@code source} from bit {@code places}.
   */
  void pickBits(int dest, int places, Memory source) {
    code.evex(2, P66, true, 0x83, dest, places, source);
  }

  void pickBits(int dest, int places, int source) {
    code.evex(2, P66, true, 0x83, dest, places, source);
  }

  void max(int dest, int a, int b) {
    code.evex(2, P66, false, 0x3d, dest, a, b);
  }

  /** All bits set. */
  void ones(int dest) {
    code.evex(3, P66, false, 0x25, dest, dest, dest);
    code.immediateByte(0xff);
  }

  // --- widening ----------------------------------------------------------------------------

  /** Sixteen f16 as f32. */
  void widenHalves(int dest, Memory source) {
    code.evex(2, P66, false, 0x13, dest, 0, source);
  }

  /** Thirty-two signed bytes as int16. */
  void widenBytes(int dest, Memory source) {
    code.evex(2, P66, false, 0x20, dest, 0, source);
  }

  /** Sixteen int16 as int32, without their sign. */
  void widenUnsigned(int dest, Memory source) {
    code.evex(2, P66, false, 0x33, dest, 0, source);
  }

  /** Whole numbers as f32. */
  void toFloat(int dest, int source) {
    code.evex(1, NONE, false, 0x5b, dest, 0, source);
  }

  void toFloat(int dest, Memory source) {
    code.evex(1, NONE, false, 0x5b, dest, 0, source);
  }

  /** The low byte of every lane, sixteen bytes. */
  void storeLowBytes(Memory dest, int source) {
    code.evex(2, PF3, false, 0x31, source, 0, dest);
  }

  /** f32 rounded to whole numbers, ties to even. */
  void toWhole(int dest, int source) {
    code.evex(1, P66, false, 0x5b, dest, 0, source);
  }

  /** Lanes move down by {@code lanes} and come in again above. */
  void rotate(int dest, int source, int lanes) {
    code.evex(3, P66, false, 0x03, dest, source, source);
    code.immediateByte(lanes);
  }

  /** Lane i becomes lane {@code places[i]} of {@code source}. */
  void permute(int dest, int places, int source) {
    code.evex(2, P66, false, 0x36, dest, places, source);
  }

  /** {@code dest = mask ? dest : other}, bit by bit. */
  void keep(int dest, int other, Memory mask) {
    code.evex(3, P66, false, 0x25, dest, other, mask);
    code.immediateByte(0xe4);
  }

  // --- f32 ---------------------------------------------------------------------------------

  void multiplyFloat(int dest, int a, int b) {
    code.evex(1, NONE, false, 0x59, dest, a, b);
  }

  void multiplyFloat(int dest, int a, Memory b) {
    code.evex(1, NONE, false, 0x59, dest, a, b);
  }

  void addFloat(int dest, int a, int b) {
    code.evex(1, NONE, false, 0x58, dest, a, b);
  }

  void addFloat(int dest, int a, Memory b) {
    code.evex(1, NONE, false, 0x58, dest, a, b);
  }

  void subtractFloat(int dest, int a, int b) {
    code.evex(1, NONE, false, 0x5c, dest, a, b);
  }

  void subtractFloat(int dest, int a, Memory b) {
    code.evex(1, NONE, false, 0x5c, dest, a, b);
  }

  void divideFloat(int dest, int a, int b) {
    code.evex(1, NONE, false, 0x5e, dest, a, b);
  }

  /** The larger one; b where one of them is not a number. */
  void maxFloat(int dest, int a, int b) {
    code.evex(1, NONE, false, 0x5f, dest, a, b);
  }

  /** The smaller one; b where one of them is not a number. */
  void minFloat(int dest, int a, int b) {
    code.evex(1, NONE, false, 0x5d, dest, a, b);
  }

  /** The lowest lane of {@code source} into all lanes. */
  void broadcastLowest(int dest, int source) {
    code.evex(2, P66, false, 0x18, dest, 0, source);
  }

  /**
   * Adds 64 accumulators in four neighbouring registers by halves (rule 6), 32 + 32, 16 + 16 and so
   * on; the total is in all lanes of the first.
   */
  void strideTree(int first, int spare) {
    addFloat(first, first, first + 2);
    addFloat(first + 1, first + 1, first + 3);
    addFloat(first, first, first + 1);
    for (int lanes = 8; lanes > 0; lanes /= 2) {
      rotate(spare, first, lanes);
      addFloat(first, first, spare);
    }
  }

  /** {@code dest = a * 2^b} for whole b, rounded once. */
  void scaleByPower(int dest, int a, int b) {
    code.evex(2, P66, false, 0x2c, dest, a, b);
  }

  /** {@code dest = fma(a, dest, b)}. */
  void fmaInto(int dest, int a, int b) {
    code.evex(2, P66, false, 0xa8, dest, a, b);
  }

  void fmaInto(int dest, int a, Memory b) {
    code.evex(2, P66, false, 0xa8, dest, a, b);
  }

  /** The lowest lane. */
  void storeLowest(Memory dest, int source) {
    code.evex(1, PF3, false, 0x11, source, 0, dest);
  }

  /** {@code sum = fma(a, b, sum)}. */
  void fma(int sum, int a, int b) {
    code.evex(2, P66, false, 0xb8, sum, a, b);
  }

  void fma(int sum, int a, Memory b) {
    code.evex(2, P66, false, 0xb8, sum, a, b);
  }
}
