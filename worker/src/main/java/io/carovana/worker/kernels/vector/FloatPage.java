package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.SHORTS;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.Bf16Pages;
import io.carovana.worker.kernels.F32Pages;
import io.carovana.worker.kernels.FloatPages;
import io.carovana.worker.kernels.KernelScratch;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/** A page of one head in f32: where it is stored so, or widened from bf16 into the scratch. */
final class FloatPage {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;
  private static final int PAIRED = Bf16Pages.PAIRED;
  private static final int UPPER_HALF = 0xffff0000;

  private FloatPage() {}

  /** The array that holds the page's keys {@code [headDim][32]} from {@link #at}. */
  static float[] keys(FloatPages kv, int kvHead, int page, KernelScratch scratch) {
    return switch (kv) {
      case F32Pages pages -> pages.keys()[kvHead];
      case Bf16Pages pages -> {
        float[] wide = scratch.widePage();
        widenPairs(pages.keys()[kvHead], pages.keyIndex(page), wide, 0, wide.length);
        yield wide;
      }
    };
  }

  /** The array that holds the page's values {@code [32][headDim]} from {@link #at}. */
  static float[] values(FloatPages kv, int kvHead, int page, KernelScratch scratch) {
    return switch (kv) {
      case F32Pages pages -> pages.values()[kvHead];
      case Bf16Pages pages -> {
        float[] wide = scratch.widePage();
        int headDim = pages.shape().headDim();
        for (int slot = 0; slot < PAGE; slot++) {
          int from = pages.valueIndex(page, slot);
          widenPairs(pages.values()[kvHead], from, wide, slot * headDim, pages.pairedDims());
          for (int d = pages.pairedDims(); d < headDim; d++) {
            wide[slot * headDim + d] = pages.value(kvHead, page, slot, d);
          }
        }
        yield wide;
      }
    };
  }

  /** Index of the page in that array. */
  static int at(FloatPages kv, int page) {
    return kv instanceof F32Pages ? kv.keyIndex(page) : 0;
  }

  /** Widens whole 32s: the lower and the upper halves of their pairs. */
  private static void widenPairs(short[] bits, int from, float[] wide, int to, int length) {
    for (int i = 0; i < length; i += 2 * F) {
      IntVector pairs = ShortVector.fromArray(SHORTS, bits, from + i).reinterpretAsInts();
      int at = to + i / PAIRED * PAIRED + i % PAIRED / 2;
      pairs.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats().intoArray(wide, at);
      pairs.and(UPPER_HALF).reinterpretAsFloats().intoArray(wide, at + PAIRED / 2);
    }
  }
}
