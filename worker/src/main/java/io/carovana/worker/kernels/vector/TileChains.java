package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.FloatPanels;
import io.carovana.worker.kernels.HalfPanels;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Panels;
import java.util.Arrays;

/**
 * Chains for many rows of activations: some columns of a panel are unpacked once and serve all
 * rows. Products of integers are f32 FMA on whole numbers, which is exact (rule 2).
 */
final class TileChains {
  private TileChains() {}

  /** {@link io.carovana.worker.kernels.PanelProducts.Chains#run} for 16-bit weights. */
  static void halves(
      HalfPanels weights,
      int panel,
      int from,
      int to,
      Activations x,
      int rowFrom,
      int rows,
      float[] out,
      int outAt,
      KernelScratch scratch) {
    Arrays.fill(out, outAt, outAt + rows * Panels.LANES, 0f);
    for (int k = from; k < to; k += KernelScratch.UNPACK_COLUMNS) {
      int end = Math.min(to, k + KernelScratch.UNPACK_COLUMNS);
      Unpack.halves(weights, panel, k, end, scratch.weights());
      dots(scratch.weights(), 0, x.values(), x, rowFrom, rows, k, end, out, outAt);
    }
  }

  /** The same for f32 weights, which need no unpacking. */
  static void floats(
      FloatPanels weights,
      int panel,
      int from,
      int to,
      Activations x,
      int rowFrom,
      int rows,
      float[] out,
      int outAt) {
    Arrays.fill(out, outAt, outAt + rows * Panels.LANES, 0f);
    for (int k = from; k < to; k += KernelScratch.UNPACK_COLUMNS) {
      int end = Math.min(to, k + KernelScratch.UNPACK_COLUMNS);
      int at = weights.index(panel, k);
      dots(weights.values(), at, x.values(), x, rowFrom, rows, k, end, out, outAt);
    }
  }

  /** The same for integer weights: exact dots of a part of the columns, scaled into the chains. */
  static void integers(
      IntegerPanels weights,
      int panel,
      int from,
      int to,
      Activations x,
      int rowFrom,
      int rows,
      float[] out,
      int outAt,
      KernelScratch scratch) {
    Arrays.fill(out, outAt, outAt + rows * Panels.LANES, 0f);
    for (int k = from; k < to; k += KernelScratch.UNPACK_COLUMNS) {
      int end = Math.min(to, k + KernelScratch.UNPACK_COLUMNS);
      TileDots tile = TileDots.of(weights.format());
      Scales.unpack(weights, panel, k, end, scratch.groupScales(), scratch.groupMinima());
      tile.unpack(weights, panel, k, end, scratch);
      int row = 0;
      for (; row + KernelScratch.DOT_ROWS <= rows; row += KernelScratch.DOT_ROWS) {
        tile.dots4(x, rowFrom + row, k, end, scratch);
        GroupChains.add(
            weights,
            k,
            end,
            x,
            rowFrom + row,
            KernelScratch.DOT_ROWS,
            tile.partColumns(),
            out,
            outAt + row * Panels.LANES,
            scratch);
      }
      for (; row < rows; row++) {
        tile.dots1(x, rowFrom + row, k, end, scratch);
        int at = outAt + row * Panels.LANES;
        GroupChains.add(weights, k, end, x, rowFrom + row, 1, tile.partColumns(), out, at, scratch);
      }
    }
  }

  private static void dots(
      float[] weights,
      int weightsAt,
      float[] input,
      Activations x,
      int rowFrom,
      int rows,
      int from,
      int to,
      float[] out,
      int outAt) {
    int stride = x.columns();
    int row = 0;
    for (; row + TileKernel.ROWS <= rows; row += TileKernel.ROWS) {
      int xAt = (rowFrom + row) * stride + from;
      int at = outAt + row * Panels.LANES;
      for (int lane = 0; lane < Panels.LANES; lane += 2 * F) {
        TileKernel.dots4(
            weights, weightsAt + lane, input, xAt, stride, to - from, out, at + lane, Panels.LANES);
      }
    }
    for (; row < rows; row++) {
      int xAt = (rowFrom + row) * stride + from;
      int at = outAt + row * Panels.LANES;
      for (int lane = 0; lane < Panels.LANES; lane += 2 * F) {
        TileKernel.dots1(weights, weightsAt + lane, input, xAt, to - from, out, at + lane);
      }
    }
  }
}
