package io.carovana.worker.kernels.pack;

import io.carovana.model.files.Int4Layout;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.Panels;
import java.util.Arrays;

/**
 * Packs 4-bit codes of GPTQ and AWQ into panels, a group of columns of all rows at a time, without
 * changing a weight: as codes into panels of 4 bits, less their zero point into panels of 8. One
 * packer per thread.
 */
public final class Int4Packer {
  private static final int LOW_NIBBLES = 0x0f0f0f0f;
  private static final int SIGNS = 0x80808080;
  private static final int EVERY_BYTE = 0x01010101;

  /** Eight codes in the middle, which are zero weights. */
  private static final int PADDING = 0x88888888;

  private final IntegerPanels panels;
  private final Int4Layout layout;
  private final int firstLane;
  private final int[] lanes = new int[Panels.LANES + Int4Layout.PER_WORD];
  private final int[] square = new int[Int4Layout.PER_WORD];

  /**
   * A packer for one part of a matrix.
   *
   * @param panels in groups of 4 or 8 bits; 4 bits only where all zero points are in the middle
   * @param firstRow the part's first row in the matrix; AWQ's words may begin before it
   */
  public Int4Packer(IntegerPanels panels, Int4Layout layout, int firstRow) {
    this.panels = panels;
    this.layout = layout;
    this.firstLane = layout.wordsAlongInputs() ? 0 : firstRow % Int4Layout.PER_WORD;
  }

  /**
   * Packs one group of the panels' format.
   *
   * @param column its first column in the panels
   * @param raw the group's words as stored from byte {@code from} on: {@code [columns / 8][rows]},
   *     in AWQ {@code [columns][words that the rows touch]}
   * @param scales f16 scales, row 0's at {@code at}
   * @param zeros zero points, row 0's at {@code at}
   */
  public void pack(int column, byte[] raw, int from, short[] scales, byte[] zeros, int at) {
    for (int panel = 0; panel < panels.count(); panel++) {
      int row = panel * Panels.LANES;
      int rows = panels.lanes(panel);
      for (int k = 0; k < panels.format().group(); k += Int4Layout.PER_WORD) {
        if (layout.wordsAlongInputs()) {
          loadWords(
              raw, from + (k / Int4Layout.PER_WORD * panels.rows() + row) * Integer.BYTES, rows);
        } else {
          loadTransposed(raw, from, k, row, rows);
        }
        Arrays.fill(lanes, firstLane + rows, lanes.length, PADDING);
        int out = panels.codeIndex(panel, column + k);
        if (panels.lowBits() == Byte.SIZE) {
          writeBytes(out, rows, zeros, at + row);
        } else {
          writeNibbles(out);
        }
      }
      System.arraycopy(scales, at + row, panels.scales(), panels.scaleIndex(panel, column), rows);
    }
  }

  private void loadWords(byte[] raw, int at, int rows) {
    for (int lane = 0; lane < rows; lane++) {
      lanes[lane] = LittleEndian.word32(raw, at + lane * Integer.BYTES);
    }
  }

  /** Eight inputs of eight outputs become eight outputs of eight inputs. */
  private void loadTransposed(byte[] raw, int from, int k, int row, int rows) {
    int stride = Math.ceilDiv(firstLane + panels.rows(), Int4Layout.PER_WORD);
    int words = Math.ceilDiv(firstLane + rows, Int4Layout.PER_WORD);
    for (int word = 0; word < words; word++) {
      int at = k * stride + row / Int4Layout.PER_WORD + word;
      for (int i = 0; i < Int4Layout.PER_WORD; i++) {
        square[i] = LittleEndian.word32(raw, from + (at + i * stride) * Integer.BYTES);
      }
      transposeNibbles(square);
      for (int i = 0; i < Int4Layout.PER_WORD; i++) {
        lanes[word * Int4Layout.PER_WORD + i] = square[layout.nibbleOf(i)];
      }
    }
  }

  /**
   * Swaps rows and columns of eight words of eight nibbles, halves first (Hacker's Delight 7-3).
   */
  private static void transposeNibbles(int[] words) {
    int mask = 0x0000ffff;
    for (int distance = 4; distance > 0; distance >>= 1) {
      int shift = distance * Int4Layout.BITS;
      for (int i = 0; i < words.length; i = i + distance + 1 & -distance - 1) {
        int swap = (words[i] >>> shift ^ words[i + distance]) & mask;
        words[i] ^= swap << shift;
        words[i + distance] ^= swap;
      }
      mask ^= mask << shift / 2;
    }
  }

  private void writeNibbles(int at) {
    short[] codes = panels.codes();
    for (int lane = 0; lane < Panels.LANES; lane++) {
      int word = lanes[firstLane + lane];
      codes[at + 2 * lane] = together(word & LOW_NIBBLES);
      codes[at + 2 * lane + 1] = together(word >>> Int4Layout.BITS & LOW_NIBBLES);
    }
  }

  /** The low nibbles of four bytes. */
  private static short together(int apart) {
    int pairs = (apart | apart >>> 4) & 0x00ff00ff;
    return (short) (pairs | pairs >>> 8);
  }

  private void writeBytes(int at, int rows, byte[] zeros, int zerosAt) {
    short[] codes = panels.codes();
    for (int lane = 0; lane < rows; lane++) {
      int word = lanes[firstLane + lane];
      int zero = zeros[zerosAt + lane] * EVERY_BYTE;
      int even = lessZero(word & LOW_NIBBLES, zero);
      int odd = lessZero(word >>> Int4Layout.BITS & LOW_NIBBLES, zero);
      int first = at + 2 * lane;
      codes[first] = (short) even;
      codes[first + 1] = (short) odd;
      codes[first + CodeBits.STEP] = (short) (even >>> Short.SIZE);
      codes[first + CodeBits.STEP + 1] = (short) (odd >>> Short.SIZE);
    }
  }

  /** Four differences of bytes below 64; with the sign bits set none borrows from the next. */
  private static int lessZero(int codes, int zero) {
    return (codes | SIGNS) - zero ^ SIGNS;
  }
}
