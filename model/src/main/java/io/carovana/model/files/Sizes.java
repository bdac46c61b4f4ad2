package io.carovana.model.files;

import java.nio.file.Path;

/** Exact arithmetic on sizes that a file states: an overflow is the file's fault, and typed. */
final class Sizes {
  private Sizes() {}

  static long product(Path file, String subject, long a, long b) {
    try {
      return Math.multiplyExact(a, b);
    } catch (ArithmeticException e) {
      throw overflow(file, subject, e);
    }
  }

  static long sum(Path file, String subject, long a, long b) {
    try {
      return Math.addExact(a, b);
    } catch (ArithmeticException e) {
      throw overflow(file, subject, e);
    }
  }

  /** The next multiple of {@code unit} (a power of two) at or after {@code size}. */
  static long roundUp(Path file, String subject, long size, long unit) {
    return sum(file, subject, size, unit - 1) & -unit;
  }

  private static ModelException overflow(Path file, String subject, ArithmeticException cause) {
    return new ModelException.Malformed(file, subject, "its size overflows 64 bits", cause);
  }
}
