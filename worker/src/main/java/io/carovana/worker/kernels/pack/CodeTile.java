package io.carovana.worker.kernels.pack;

import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.Panels;

/**
 * One super-block of 32 rows on its way into a panel: stored codes {@code [column][32 rows]}, in
 * cache between the file's order and the panel's.
 */
final class CodeTile {
  private static final int MAX_COLUMNS = 256;
  private static final int NIBBLE = 15;

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
    if (panels.format().bits() == Byte.SIZE) {
      int length = (to - from) * Panels.LANES;
      System.arraycopy(
          codes, from * Panels.LANES, panels.codes(), panels.codeIndex(panel, column), length);
      return;
    }
    int at = panels.codeIndex(panel, column);
    for (int k = from; k < to; k += 2, at += Panels.LANES) {
      for (int lane = 0; lane < Panels.LANES; lane++) {
        int even = codes[k * Panels.LANES + lane] & NIBBLE;
        int odd = codes[(k + 1) * Panels.LANES + lane] & NIBBLE;
        panels.codes()[at + lane] = (byte) (even | odd << 4);
      }
    }
    if (panels.format().highBits() != 0) {
      writeHighs(panels, panel, from, to, column);
    }
  }

  private void writeHighs(IntegerPanels panels, int panel, int from, int to, int column) {
    int bits = panels.format().highBits();
    int perByte = Byte.SIZE / bits;
    int at = panels.highIndex(panel, column);
    for (int k = from; k < to; k += perByte, at += Panels.LANES) {
      for (int lane = 0; lane < Panels.LANES; lane++) {
        int highs = 0;
        for (int i = 0; i < perByte; i++) {
          highs |= codes[(k + i) * Panels.LANES + lane] >>> 4 << i * bits;
        }
        panels.highs()[at + lane] = (byte) highs;
      }
    }
  }
}
