package io.carovana.worker.kernels.x86;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** What this processor can do, asked of it by CPUID. */
final class Processor {
  /**
   * Processor and system state of wide registers: SSE, AVX, mask registers, both 512-bit halves.
   */
  private static final int WIDE_STATE = 0xe6;

  private static final int OSXSAVE = 1 << 27; // leaf 1, ECX
  private static final int AVX512F = 1 << 16; // leaf 7, EBX
  private static final int AVX512BW = 1 << 30; // leaf 7, EBX
  private static final int AVX512_VBMI = 1 << 1; // leaf 7, ECX
  private static final int AVX512_VNNI = 1 << 11; // leaf 7, ECX
  private static final int EBX = 1;
  private static final int ECX = 2;

  /** Saves rbx, asks, writes four registers to an array, restores rbx. */
  private static final int[] CPUID = {
    0x53, 0x49, 0x89, 0xf8, 0x89, 0xf0, 0x89, 0xd1, 0x0f, 0xa2, 0x41, 0x89, 0x00, 0x41, 0x89, 0x58,
    0x04, 0x41, 0x89, 0x48, 0x08, 0x41, 0x89, 0x50, 0x0c, 0x5b, 0xc3
  };

  private static final int[] XGETBV = {0x31, 0xc9, 0x0f, 0x01, 0xd0, 0xc3};

  private Processor() {}

  /** Why {@link VnniKernels} cannot run here; empty if they can. */
  static String missing() {
    String arch = System.getProperty("os.arch");
    if (!arch.equals("amd64") || !System.getProperty("os.name").equals("Linux")) {
      return "they are for x86-64 Linux";
    }
    Assembler cpuid = new Assembler();
    cpuid.raw(CPUID);
    Assembler xgetbv = new Assembler();
    xgetbv.raw(XGETBV);
    List<MemorySegment> code;
    try {
      code = CodeMemory.load(List.of(cpuid.finish(), xgetbv.finish()));
    } catch (IllegalStateException e) {
      return String.valueOf(e.getMessage());
    }
    if ((ask(code.getFirst(), 1)[ECX] & OSXSAVE) == 0
        || (state(code.getLast()) & WIDE_STATE) != WIDE_STATE) {
      return "the system does not save 512-bit registers";
    }
    int[] features = ask(code.getFirst(), 7);
    int wide = AVX512F | AVX512BW;
    int bytes = AVX512_VNNI | AVX512_VBMI;
    boolean enough = (features[EBX] & wide) == wide && (features[ECX] & bytes) == bytes;
    return enough ? "" : "the processor has no AVX-512 with VNNI and VBMI";
  }

  private static int[] ask(MemorySegment cpuid, int leaf) {
    int[] registers = new int[4];
    try {
      CodeCall.of(ADDRESS, JAVA_INT, JAVA_INT)
          .invokeExact(cpuid, MemorySegment.ofArray(registers), leaf, 0);
    } catch (Throwable e) {
      throw new IllegalStateException("CPUID failed", e);
    }
    return registers;
  }

  private static int state(MemorySegment xgetbv) {
    try {
      return (int) CodeCall.of(FunctionDescriptor.of(JAVA_INT)).invokeExact(xgetbv);
    } catch (Throwable e) {
      throw new IllegalStateException("XGETBV failed", e);
    }
  }
}
