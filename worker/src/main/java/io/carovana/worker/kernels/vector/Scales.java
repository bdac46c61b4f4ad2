package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;

import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.Panels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/** Weight scales and minima of {@link Lanes#F} rows in f32, exact (rule 2). */
final class Scales {
  private Scales() {}

  /** The f16 scales: all there is, or a K-quant's super-scales. */
  static FloatVector plain(IntegerPanels weights, int panel, int column, int lane) {
    return Lanes.widenF16(weights.scales(), weights.scaleIndex(panel, column) + lane);
  }

  /** A K-quant's super-scales of the minima. */
  static FloatVector plainMinima(IntegerPanels weights, int panel, int column, int lane) {
    int at = weights.scaleIndex(panel, column) + Panels.LANES + lane;
    return Lanes.widenF16(weights.scales(), at);
  }

  /** A K-quant's byte pairs for the 32 columns around {@code column}. */
  static ShortVector pairs(IntegerPanels weights, int panel, int column, int lane) {
    return Lanes.signedPairs(weights.subScales(), weights.subScaleIndex(panel, column) + 2 * lane);
  }

  /** Writes the scales (and minima) of columns {@code [from, to)} for all 32 rows. */
  static void unpack(
      IntegerPanels weights, int panel, int from, int to, float[] scales, float[] minima) {
    if (!weights.format().hasSubScales()) {
      unpackPlain(weights, panel, from, to, scales);
      return;
    }
    boolean hasMinimum = weights.format().hasMinimum();
    int at = 0;
    for (int k = from; k < to; k += weights.format().block()) {
      for (int lane = 0; lane < Panels.LANES; lane += F) {
        IntVector pairs = pairs(weights, panel, k, lane).reinterpretAsInts();
        FloatVector superScales = plain(weights, panel, k, lane);
        FloatVector second = Lanes.toFloats(Lanes.upper(pairs));
        superScales.mul(Lanes.toFloats(Lanes.lower(pairs))).intoArray(scales, at + lane);
        if (hasMinimum) {
          second.mul(plainMinima(weights, panel, k, lane)).intoArray(minima, at + lane);
        } else {
          second.mul(superScales).intoArray(scales, at + Panels.LANES + lane);
        }
      }
      at += hasMinimum ? Panels.LANES : 2 * Panels.LANES;
    }
  }

  /** Scales of neighbouring groups lie side by side. */
  private static void unpackPlain(
      IntegerPanels weights, int panel, int from, int to, float[] scales) {
    short[] stored = weights.scales();
    int at = weights.scaleIndex(panel, from);
    int n = (to - from) / weights.format().group() * Panels.LANES;
    for (int i = 0; i < n; i += F) {
      Lanes.widenF16(stored, at + i).intoArray(scales, i);
    }
  }
}
