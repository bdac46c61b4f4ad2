package io.carovana.worker.kernels.x86;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.invoke.MethodHandle;

/**
 * How generated code is called: arrays in place, the JVM's thread state unchanged, so that a call
 * costs some nanoseconds. The entry point is the handle's first argument.
 */
final class CodeCall {
  private CodeCall() {}

  /** A handle for code that returns nothing. */
  static MethodHandle of(MemoryLayout... arguments) {
    return of(FunctionDescriptor.ofVoid(arguments));
  }

  /**
   * How many of {@code left} rows or queries one call takes: as many as fit, but few never alone.
   */
  static int share(int left, int most) {
    if (left <= most) {
      return left;
    }
    return left < 2 * most ? (left + 1) / 2 : most;
  }

  /** A handle for code of the given shape. */
  static MethodHandle of(FunctionDescriptor shape) {
    return Linker.nativeLinker().downcallHandle(shape, Linker.Option.critical(true));
  }
}
