package io.carovana.worker.kernels.vector;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Panels;
import java.util.Arrays;

/** Chains over integer weights for one row of activations, straight from the packed panel. */
final class IntegerRow {
  private IntegerRow() {}

  /** All 32 rows of a panel over columns {@code [from, to)}. */
  static void run(
      IntegerPanels weights,
      int panel,
      int from,
      int to,
      Activations x,
      int row,
      float[] out,
      int outAt,
      KernelScratch scratch) {
    Arrays.fill(out, outAt, outAt + Panels.LANES, 0f);
    int part = PackedDots.partColumns(weights);
    for (int k = from; k < to; k += KernelScratch.UNPACK_COLUMNS) {
      int end = Math.min(to, k + KernelScratch.UNPACK_COLUMNS);
      Scales.unpack(weights, panel, k, end, scratch.groupScales(), scratch.groupMinima());
      PackedDots.run(weights, panel, k, end, x, row, scratch.dots());
      GroupChains.add(weights, k, end, x, row, 1, part, out, outAt, scratch);
    }
  }
}
