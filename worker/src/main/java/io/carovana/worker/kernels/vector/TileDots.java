package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import java.util.Arrays;

/**
 * Exact dot products of rows of activations with unpacked columns of a panel, part by part: codes
 * under eight bits as int16, signed bytes as f32.
 *
 * @param partColumns columns of a part; a group is one part or several
 */
record TileDots(boolean shorts, int partColumns) {
  /** Codes -8..7: 32 products of a lane (32,512). */
  private static final TileDots FOUR_BITS = new TileDots(true, 64);

  /** One group of 32; codes 0..15: 16 products (30,480). */
  private static final TileDots FOUR_BITS_32 = new TileDots(true, 32);

  /** Codes 0..31 (31,496) or -32..31 (32,512): 8 products. */
  private static final TileDots MORE_BITS = new TileDots(true, 16);

  private static final TileDots BYTES_32 = new TileDots(false, 32);
  private static final TileDots BYTES_64 = new TileDots(false, 64);
  private static final TileDots BYTES_128 = new TileDots(false, 128);

  static TileDots of(PanelFormat format) {
    return switch (format.bits()) {
      case 4 -> format.group() == 32 ? FOUR_BITS_32 : FOUR_BITS;
      case Byte.SIZE ->
          format.group() == 32 ? BYTES_32 : format.group() == 64 ? BYTES_64 : BYTES_128;
      default -> MORE_BITS;
    };
  }

  /** Unpacks columns {@code [from, to)}. */
  void unpack(IntegerPanels weights, int panel, int from, int to, KernelScratch scratch) {
    if (shorts) {
      Unpack.shorts(weights, panel, from, to, scratch.codes());
    } else {
      Unpack.bytes(weights, panel, from, to, scratch.weights());
    }
  }

  /** The dots of four rows, row i's from {@code i * ROW_DOTS}. */
  void dots4(Activations x, int row, int from, int to, KernelScratch scratch) {
    float[] dots = scratch.dots();
    int parts = (to - from) / partColumns;
    for (int lane = 0; lane < Panels.LANES; lane += 2 * F) {
      if (shorts) {
        ShortTile.dots4(
            scratch.codes(),
            2 * lane,
            x.pairs(),
            x.pairIndex(row, from),
            x.columns() / 2,
            parts,
            partColumns / 2,
            dots,
            lane,
            GroupChains.ROW_DOTS);
      } else {
        int xAt = row * x.columns() + from;
        for (int part = 0; part < parts; part++) {
          int at = part * Panels.LANES + lane;
          clear(dots, at, KernelScratch.DOT_ROWS);
          TileKernel.dots4(
              scratch.weights(),
              part * partColumns * Panels.LANES + lane,
              x.codes(),
              xAt + part * partColumns,
              x.columns(),
              partColumns,
              dots,
              at,
              GroupChains.ROW_DOTS);
        }
      }
    }
  }

  /** The dots of one row. */
  void dots1(Activations x, int row, int from, int to, KernelScratch scratch) {
    float[] dots = scratch.dots();
    int parts = (to - from) / partColumns;
    for (int lane = 0; lane < Panels.LANES; lane += 2 * F) {
      if (shorts) {
        int pairsAt = x.pairIndex(row, from);
        int pairs = partColumns / 2;
        ShortTile.dots1(scratch.codes(), 2 * lane, x.pairs(), pairsAt, parts, pairs, dots, lane);
      } else {
        int xAt = row * x.columns() + from;
        for (int part = 0; part < parts; part++) {
          int at = part * Panels.LANES + lane;
          clear(dots, at, 1);
          int weightsAt = part * partColumns * Panels.LANES + lane;
          int partAt = xAt + part * partColumns;
          TileKernel.dots1(scratch.weights(), weightsAt, x.codes(), partAt, partColumns, dots, at);
        }
      }
    }
  }

  private static void clear(float[] dots, int at, int rows) {
    for (int row = 0; row < rows; row++) {
      Arrays.fill(
          dots, at + row * GroupChains.ROW_DOTS, at + row * GroupChains.ROW_DOTS + 2 * F, 0f);
    }
  }
}
