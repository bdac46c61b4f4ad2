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
    pack(panels.codes(), panels.codeIndex(panel, column), from, to, panels.lowBits(), 0);
    int highBits = panels.format().highBits();
    if (highBits != 0) {
      pack(panels.highs(), panels.highIndex(panel, column), from, to, highBits, 4);
    }
  }

  /** Packs {@code bits} bits of every code, from bit {@code shift} of the code. */
  private void pack(short[] out, int at, int from, int to, int bits, int shift) {
    int columns = IntegerPanels.columnsPerPair(bits);
    int mask = (1 << bits) - 1;
    int next = at;
    for (int k = from; k < to; k += columns, next += 2 * Panels.LANES) {
      for (int lane = 0; lane < Panels.LANES; lane++) {
        int even = 0;
        int odd = 0;
        for (int i = 0; i < columns; i += 2) {
          int cell = (k + i) * Panels.LANES + lane;
          even |= (codes[cell] >>> shift & mask) << i / 2 * bits;
          odd |= (codes[cell + Panels.LANES] >>> shift & mask) << i / 2 * bits;
        }
        out[next + 2 * lane] = (short) even;
        out[next + 2 * lane + 1] = (short) odd;
      }
    }
  }
}
