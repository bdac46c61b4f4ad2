package io.carovana.worker.kernels;

import io.carovana.model.Numerics;
import java.util.Arrays;

/**
 * One query, quantized already, and one block of keys in q8: the profile's specification. Both sums
 * are exact whole numbers.
 *
 * <pre>
 * score = float(dot) * (keyScale * (queryScale * scoreScale))
 * w = p * valueScale;  t = max w;  u = rint(w * (65535 / t))
 * o = float(sum of u * code) * (t / 65535), or 0 where t is below 2^-100
 * </pre>
 */
final class ScalarQuantizedBlock {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;

  private ScalarQuantizedBlock() {}

  static void scores(
      QuantizedPages kv, int[] pageTable, int table, int kvHead, int keys, KernelScratch scratch) {
    int[] query = scratch.quantized().queries();
    float queryScale = scratch.quantized().queryScales()[0];
    for (int key = 0; key < keys; key++) {
      int page = pageTable[table + key / PAGE];
      int slot = key % PAGE;
      int dot = 0;
      for (int d = 0; d < kv.shape().headDim(); d++) {
        dot += query[d] * kv.keys()[kvHead][kv.keyIndex(page, slot, d)];
      }
      float keyScale = kv.keyScales()[kvHead][kv.scaleIndex(page) + slot];
      scratch.scores()[key] = dot * (keyScale * queryScale);
    }
  }

  /** Weighted values of the probabilities in {@code scratch.scores()}. */
  static void values(
      QuantizedPages kv, int[] pageTable, int table, int kvHead, int keys, KernelScratch scratch) {
    float[] p = scratch.scores();
    float largest = 0f;
    for (int key = 0; key < keys; key++) {
      int page = pageTable[table + key / PAGE];
      p[key] *= kv.valueScales()[kvHead][kv.scaleIndex(page) + key % PAGE];
      largest = Math.max(largest, p[key]);
    }
    float[] o = scratch.blockOut();
    int headDim = kv.shape().headDim();
    if (largest < Int8.SMALLEST) {
      Arrays.fill(o, 0, headDim, 0f);
      return;
    }
    float factor = QuantizedTile.WEIGHT_MAX / largest;
    int[] sums = scratch.quantized().sums();
    Arrays.fill(sums, 0, headDim, 0);
    for (int key = 0; key < keys; key++) {
      int weight = (int) Math.rint(p[key] * factor);
      int page = pageTable[table + key / PAGE];
      for (int d = 0; d < headDim; d++) {
        sums[d] += weight * kv.values()[kvHead][kv.valueIndex(page, key % PAGE, d)];
      }
    }
    float scale = largest / QuantizedTile.WEIGHT_MAX;
    for (int d = 0; d < headDim; d++) {
      o[d] = sums[d] * scale;
    }
  }
}
