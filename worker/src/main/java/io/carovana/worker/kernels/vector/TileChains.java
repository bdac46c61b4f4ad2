package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.FloatPanels;
import io.carovana.worker.kernels.HalfPanels;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Panels;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

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

  /** The same for integer weights: exact dots group by group, scaled into the chains. */
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
    int group = weights.format().group();
    float[] dots = scratch.dots();
    for (int k = from; k < to; k += KernelScratch.UNPACK_COLUMNS) {
      int end = Math.min(to, k + KernelScratch.UNPACK_COLUMNS);
      Unpack.integers(weights, panel, k, end, scratch.weights());
      Scales.unpack(weights, panel, k, end, scratch.groupScales(), scratch.groupMinima());
      for (int g = k; g < end; g += group) {
        Arrays.fill(dots, 0, rows * Panels.LANES, 0f);
        int at = (g - k) * Panels.LANES;
        dots(scratch.weights(), at, x.codes(), x, rowFrom, rows, g, g + group, dots, 0);
        int scaleAt = (g - k) / group * Panels.LANES;
        scaleGroup(scratch.groupScales(), scaleAt, x, rowFrom, rows, g, dots, out, outAt);
        if (weights.format().hasMinimum()) {
          subtractMinima(
              scratch.groupMinima(), scaleAt, x, rowFrom, rows, g, g + group, out, outAt);
        }
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
        TileKernel.dots4(weights, weightsAt + lane, input, xAt, stride, to - from, out, at + lane);
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

  /** {@code acc = fma(dot, weightScale * inputScale, acc)}. */
  private static void scaleGroup(
      float[] scales,
      int scaleAt,
      Activations x,
      int rowFrom,
      int rows,
      int column,
      float[] dots,
      float[] out,
      int outAt) {
    for (int lane = 0; lane < Panels.LANES; lane += F) {
      FloatVector scale = FloatVector.fromArray(FLOATS, scales, scaleAt + lane);
      for (int row = 0; row < rows; row++) {
        float inputScale = x.scales()[x.scaleIndex(rowFrom + row, column)];
        int at = row * Panels.LANES + lane;
        FloatVector acc = FloatVector.fromArray(FLOATS, out, outAt + at);
        FloatVector.fromArray(FLOATS, dots, at)
            .fma(scale.mul(inputScale), acc)
            .intoArray(out, outAt + at);
      }
    }
  }

  /** {@code acc = fma(-sum q, minimum * inputScale, acc)}. */
  private static void subtractMinima(
      float[] minima,
      int scaleAt,
      Activations x,
      int rowFrom,
      int rows,
      int from,
      int to,
      float[] out,
      int outAt) {
    for (int row = 0; row < rows; row++) {
      float inputScale = x.scales()[x.scaleIndex(rowFrom + row, from)];
      float sum = x.sum(rowFrom + row, from, to);
      FloatVector minusSum = FloatVector.broadcast(FLOATS, -sum);
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        int at = outAt + row * Panels.LANES + lane;
        FloatVector acc = FloatVector.fromArray(FLOATS, out, at);
        minusSum
            .fma(FloatVector.fromArray(FLOATS, minima, scaleAt + lane).mul(inputScale), acc)
            .intoArray(out, at);
      }
    }
  }
}
