package io.carovana.worker.kernels.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * Memory that the processor may execute. It is written before it becomes executable and never
 * afterwards, and lives as long as the process.
 */
final class CodeMemory {
  private static final int ALIGNMENT = 64;
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS = 0x20; // Linux
  private static final long MAP_FAILED = -1;

  private CodeMemory() {}

  /**
   * Makes code executable.
   *
   * @return entry points, in the same order
   * @throws IllegalStateException if the system does not allow it
   */
  static List<MemorySegment> load(List<byte[]> codes) {
    long size = codes.stream().mapToLong(code -> aligned(code.length)).sum();
    Linker linker = Linker.nativeLinker();
    try {
      MethodHandle map =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("mmap"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG));
      long at =
          (long)
              map.invokeExact(
                  0L, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
      if (at == MAP_FAILED) {
        throw new IllegalStateException("no memory for machine code: mmap failed");
      }
      MemorySegment memory = MemorySegment.ofAddress(at).reinterpret(size, Arena.global(), null);
      List<MemorySegment> entries = write(codes, memory);
      MethodHandle protect =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("mprotect"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT));
      if ((int) protect.invokeExact(at, size, PROT_READ | PROT_EXEC) != 0) {
        throw new IllegalStateException("the system does not let memory become executable");
      }
      return entries;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<MemorySegment> write(List<byte[]> codes, MemorySegment memory) {
    long[] at = {0};
    return codes.stream()
        .map(
            code -> {
              MemorySegment entry = memory.asSlice(at[0], code.length);
              entry.copyFrom(MemorySegment.ofArray(code));
              at[0] += aligned(code.length);
              return entry;
            })
        .toList();
  }

  private static long aligned(int length) {
    return Math.ceilDiv(length, ALIGNMENT) * (long) ALIGNMENT;
  }
}
