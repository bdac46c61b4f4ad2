package io.carovana.worker.kernels.vector;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.FloatPanels;
import io.carovana.worker.kernels.HalfPanels;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.PanelProducts;
import io.carovana.worker.kernels.Panels;

/**
 * Few rows (decode) read the panel directly, once per row; more rows (prefill) share its unpacked
 * columns. Both give the same bits.
 */
final class VectorChains implements PanelProducts.Chains {
  @Override
  public void run(
      Panels weights,
      int panel,
      int columnFrom,
      int columnTo,
      Activations x,
      int rowFrom,
      int rows,
      float[] out,
      int outOffset,
      KernelScratch scratch) {
    boolean few = rows < TileKernel.ROWS;
    switch (weights) {
      case FloatPanels floats ->
          TileChains.floats(floats, panel, columnFrom, columnTo, x, rowFrom, rows, out, outOffset);
      case HalfPanels halves when few -> {
        for (int i = 0; i < rows; i++) {
          int xAt = (rowFrom + i) * x.columns() + columnFrom;
          int at = outOffset + i * Panels.LANES;
          FloatRow.halves(halves, panel, columnFrom, columnTo, x.values(), xAt, out, at);
        }
      }
      case HalfPanels halves ->
          TileChains.halves(
              halves, panel, columnFrom, columnTo, x, rowFrom, rows, out, outOffset, scratch);
      case IntegerPanels integers when few -> {
        for (int i = 0; i < rows; i++) {
          int at = outOffset + i * Panels.LANES;
          IntegerRow.run(integers, panel, columnFrom, columnTo, x, rowFrom + i, out, at, scratch);
        }
      }
      case IntegerPanels integers ->
          TileChains.integers(
              integers, panel, columnFrom, columnTo, x, rowFrom, rows, out, outOffset, scratch);
    }
  }
}
