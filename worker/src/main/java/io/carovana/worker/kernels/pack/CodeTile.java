package io.carovana.worker.kernels.pack;

import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.Panels;

/**
 * One super-block of 32 rows on its way into a panel: stored codes {@code [column][32 rows]}, in
 * cache between the file's order and the panel's.
 */
final class CodeTile {
  private static final int MAX_COLUMNS = 256;

  private final byte[] codes = new byte[MAX_COLUMNS * Panels.LANES];

  /** Sets one code, as stored: its offset still added. */
  void set(int column, int lane, int code) {
    codes[column * Panels.LANES + lane] = (byte) code;
  }

  /** Makes lanes {@code [from, 32)} zero weights. */
  void pad(int from, int columns, int offset) {
    for (int column = 0; column < columns; column++) {
      for (int lane = from; lane < Panels.LANES; lane++) {
        set(column, lane, offset);
      }
    }
  }

  /**
   * Writes columns {@code [from, to)} of the tile to a panel.
   *
   * @param column where {@code from} goes in the panel
   */
  void write(IntegerPanels panels, int panel, int from, int to, int column) {
    int codesAt = panels.codeIndex(panel, column);
    if (panels.format().bits() == Byte.SIZE) {
      pack(panels.codes(), codesAt, from, to, 1, Byte.SIZE, 0);
      return;
    }
    pack(panels.codes(), codesAt, from, to, 2, 4, 0);
    int highBits = panels.format().highBits();
    if (highBits != 0) {
      int highsAt = panels.highIndex(panel, column);
      pack(panels.highs(), highsAt, from, to, Byte.SIZE / highBits, highBits, 4);
    }
  }

  /**
   * Packs some bits of every code: {@code perByte} columns of one parity to a byte, both parities
   * side by side.
   */
  private void pack(byte[] out, int at, int from, int to, int perByte, int bits, int shift) {
    int mask = (1 << bits) - 1;
    int next = at;
    for (int k = from; k < to; k += 2 * perByte) {
      for (int lane = 0; lane < Panels.LANES; lane++) {
        for (int parity = 0; parity < 2; parity++) {
          int packed = 0;
          for (int i = 0; i < perByte; i++) {
            int code = codes[(k + 2 * i + parity) * Panels.LANES + lane];
            packed |= (code >>> shift & mask) << i * bits;
          }
          out[next++] = (byte) packed;
        }
      }
    }
  }
}
