package io.carovana.worker.kernels.x86;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes x86-64 machine code: the few general instructions that loops need, and AVX-512 by {@link
 * Simd}. Memory operands always carry a displacement of 32 bits, so no displacement is ever
 * compressed.
 *
 * <p>Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2.
 */
final class Assembler {
  /** General registers by number, as instructions encode them. */
  static final int RAX = 0;

  static final int RCX = 1;
  static final int RDX = 2;
  static final int RBX = 3;
  static final int RSP = 4;
  static final int RBP = 5;
  static final int RSI = 6;
  static final int RDI = 7;
  static final int R8 = 8;
  static final int R9 = 9;
  static final int R10 = 10;
  static final int R11 = 11;
  static final int R12 = 12;
  static final int R13 = 13;
  static final int R14 = 14;
  static final int R15 = 15;

  private static final int NO_INDEX = 4;
  private static final int MOD_MEMORY = 2 << 6;
  private static final int MOD_REGISTER = 3 << 6;
  private static final int REX_W = 0x48;

  /**
   * A memory operand {@code [base + index * scale + displacement]}.
   *
   * @param index a register, or negative for none
   * @param scale 1, 2, 4 or 8
   * @param broadcast whether one element of 32 bits fills all lanes
   */
  record Memory(int base, int index, int scale, int displacement, boolean broadcast) {
    /** {@code [base + displacement]}. */
    static Memory at(int base, int displacement) {
      return new Memory(base, -1, 1, displacement, false);
    }

    /** {@code [base + index * scale + displacement]}. */
    static Memory at(int base, int index, int scale, int displacement) {
      return new Memory(base, index, scale, displacement, false);
    }

    /** The same place, one element for all lanes. */
    Memory toAllLanes() {
      return new Memory(base, index, scale, displacement, true);
    }

    /** The same place, read as it is. */
    Memory toOneLane() {
      return new Memory(base, index, scale, displacement, false);
    }

    /** {@code bytes} further. */
    Memory plus(int bytes) {
      return new Memory(base, index, scale, displacement + bytes, broadcast);
    }
  }

  /** A place in the code: where a jump goes, or where constants lie. */
  static final class Label {
    private int position = -1;
    private final List<Integer> uses = new ArrayList<>();
  }

  /** When a conditional jump is taken: the low digit of its operation code. */
  enum Condition {
    ZERO(4),
    NOT_ZERO(5);

    private final int code;

    Condition(int code) {
      this.code = code;
    }
  }

  private byte[] code = new byte[1024];
  private int size;

  /** The finished code; all labels must have been placed. */
  byte[] finish() {
    return Arrays.copyOf(code, size);
  }

  /** Puts a label here and mends the jumps to it. */
  void place(Label label) {
    label.position = size;
    label.uses.forEach(use -> patch(use, size - (use + 4)));
  }

  /** {@code dest = source}. */
  void move(int dest, int source) {
    registers(0x8b, dest, source);
  }

  /** {@code dest = memory}, 64 bits. */
  void load(int dest, Memory source) {
    memory(REX_W, 0x8b, dest, source);
  }

  /** {@code dest = address of source}. */
  void address(int dest, Memory source) {
    memory(REX_W, 0x8d, dest, source);
  }

  /** Has the line of {@code place} fetched into the second-level cache. */
  void prefetch(Memory place) {
    memory(REX_W, 0x180f, 2, place);
  }

  /** {@code dest = address of label}, which is placed later. */
  void address(int dest, Label label) {
    emit(REX_W | bit(dest, 3) << 2);
    emit(0x8d);
    emit((dest & 7) << 3 | 5);
    label.uses.add(size);
    emit32(0);
  }

  /** {@code dest += source}. */
  void addRegister(int dest, int source) {
    registers(0x03, dest, source);
  }

  /** {@code dest -= source}. */
  void subtractRegister(int dest, int source) {
    registers(0x2b, dest, source);
  }

  /** {@code dest += value}. */
  void add(int dest, int value) {
    immediate(0, dest, value);
  }

  /** {@code dest += memory}, 64 bits. */
  void add(int dest, Memory source) {
    memory(REX_W, 0x03, dest, source);
  }

  /** {@code dest -= value}, and sets the flags. */
  void subtract(int dest, int value) {
    immediate(5, dest, value);
  }

  /** {@code dest *= source}. */
  void multiply(int dest, int source) {
    registers(0xaf0f, dest, source);
  }

  /** Sets the flags to those of {@code a - b}. */
  void compare(int a, int b) {
    registers(0x3b, a, b);
  }

  /** Saves a register that belongs to the caller. */
  void push(int register) {
    pushOrPop(0x50, register);
  }

  /** Restores a register. */
  void pop(int register) {
    pushOrPop(0x58, register);
  }

  /** Goes on at {@code target} if the last result is {@code condition}. */
  void jump(Condition condition, Label target) {
    emit(0x0f);
    emit(0x80 | condition.code);
    if (target.position >= 0) {
      emit32(target.position - (size + 4));
    } else {
      target.uses.add(size);
      emit32(0);
    }
  }

  /** Ends the use of wide registers and returns. */
  void leave() {
    emit(0xc5);
    emit(0xf8);
    emit(0x77);
    emit(0xc3);
  }

  /** Fills up to a multiple of {@code bytes}. */
  void align(int bytes) {
    while (size % bytes != 0) {
      emit(0xcc);
    }
  }

  /** Bytes as they are. */
  void raw(int... bytes) {
    for (int b : bytes) {
      emit(b);
    }
  }

  /** Four bytes. */
  void word(int value) {
    emit32(value);
  }

  /**
   * An EVEX-encoded instruction on 512 bits.
   *
   * @param map 1 for 0F, 2 for 0F38, 3 for 0F3A
   * @param prefix 0 for none, 1 for 66, 2 for F3, 3 for F2
   * @param wide the W bit
   * @param reg the register operand, or the operation's extension
   * @param second the operand in vvvv; 0 where there is none
   * @param rm the last operand
   */
  void evex(int map, int prefix, boolean wide, int operation, int reg, int second, int rm) {
    evexPrefix(map, prefix, wide, false, reg, second, bit(rm, 3), bit(rm, 4));
    emit(operation);
    emit(MOD_REGISTER | (reg & 7) << 3 | rm & 7);
  }

  /** The same with a last operand in memory. */
  void evex(int map, int prefix, boolean wide, int operation, int reg, int second, Memory rm) {
    evexPrefix(map, prefix, wide, rm.broadcast, reg, second, high(rm.base), high(rm.index));
    emit(operation);
    modRm(reg, rm);
  }

  /** The immediate byte at an instruction's end. */
  void immediateByte(int value) {
    emit(value);
  }

  private void evexPrefix(
      int map, int prefix, boolean wide, boolean broadcast, int reg, int second, int b, int x) {
    emit(0x62);
    emit((1 - bit(reg, 3)) << 7 | (1 - x) << 6 | (1 - b) << 5 | (1 - bit(reg, 4)) << 4 | map);
    emit((wide ? 1 : 0) << 7 | (~second & 15) << 3 | 1 << 2 | prefix);
    int length = 2;
    emit(length << 5 | (broadcast ? 1 : 0) << 4 | (1 - bit(second, 4)) << 3);
  }

  /** An operation of one byte, or of two, the lower first. */
  private void registers(int operation, int reg, int rm) {
    emit(REX_W | bit(reg, 3) << 2 | bit(rm, 3));
    operation(operation);
    emit(MOD_REGISTER | (reg & 7) << 3 | rm & 7);
  }

  private void memory(int rex, int operation, int reg, Memory rm) {
    emit(rex | bit(reg, 3) << 2 | high(rm.index) << 1 | high(rm.base));
    operation(operation);
    modRm(reg, rm);
  }

  private void operation(int operation) {
    emit(operation);
    if (operation > 0xff) {
      emit(operation >> 8);
    }
  }

  private void modRm(int reg, Memory rm) {
    boolean indexed = rm.index >= 0 || (rm.base & 7) == RSP;
    emit(MOD_MEMORY | (reg & 7) << 3 | (indexed ? 4 : rm.base & 7));
    if (indexed) {
      int index = rm.index < 0 ? NO_INDEX : rm.index;
      emit(Integer.numberOfTrailingZeros(rm.scale) << 6 | (index & 7) << 3 | rm.base & 7);
    }
    emit32(rm.displacement);
  }

  private void immediate(int extension, int register, int value) {
    emit(REX_W | bit(register, 3));
    emit(0x81);
    emit(MOD_REGISTER | extension << 3 | register & 7);
    emit32(value);
  }

  private void pushOrPop(int operation, int register) {
    if (register >= R8) {
      emit(0x41);
    }
    emit(operation | register & 7);
  }

  /** The upper bit of a register's number, if there is a register. */
  private static int high(int register) {
    return register < 0 ? 0 : bit(register, 3);
  }

  private static int bit(int value, int bit) {
    return value >> bit & 1;
  }

  private void emit(int b) {
    if (size == code.length) {
      code = Arrays.copyOf(code, 2 * size);
    }
    code[size++] = (byte) b;
  }

  private void emit32(int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      emit(value >> shift);
    }
  }

  private void patch(int at, int value) {
    for (int i = 0; i < 4; i++) {
      code[at + i] = (byte) (value >> Byte.SIZE * i);
    }
  }
}
