package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.x86.Assembler.Memory;

/**
 * Up to six places in memory at equal distances, by registers: an address, the distance in bytes,
 * and, once {@link #prepare} has run, three and five times the distance.
 */
record Strided(int first, int distance, int three, int five) {
  /** Most places. */
  static final int PLACES = 6;

  /** Writes what sets the registers of the multiples. */
  void prepare(Assembler code) {
    code.address(three, Memory.at(distance, distance, 2, 0));
    code.address(five, Memory.at(distance, distance, 4, 0));
  }

  /** Place {@code index}. */
  Memory at(int index) {
    return switch (index) {
      case 0 -> Memory.at(first, 0);
      case 1 -> Memory.at(first, distance, 1, 0);
      case 2 -> Memory.at(first, distance, 2, 0);
      case 3 -> Memory.at(first, three, 1, 0);
      case 4 -> Memory.at(first, distance, 4, 0);
      case 5 -> Memory.at(first, five, 1, 0);
      default -> throw new IllegalArgumentException("no place " + index);
    };
  }
}
