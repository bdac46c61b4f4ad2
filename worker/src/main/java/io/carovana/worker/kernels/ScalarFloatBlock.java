package io.carovana.worker.kernels;

import io.carovana.model.Numerics;
import java.util.Arrays;

/** One query and one block of keys in f32 or bf16. */
final class ScalarFloatBlock {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;

  private ScalarFloatBlock() {}

  /** Dot products in ascending d, then scaled. */
  static void scores(
      FloatPages kv,
      int[] pageTable,
      int table,
      int kvHead,
      float[] q,
      int qAt,
      int keys,
      float[] scores) {
    int headDim = kv.shape().headDim();
    float scale = kv.shape().scoreScale();
    for (int key = 0; key < keys; key++) {
      int page = pageTable[table + key / PAGE];
      float dot = 0f;
      for (int d = 0; d < headDim; d++) {
        dot = Math.fma(q[qAt + d], kv.key(kvHead, page, key % PAGE, d), dot);
      }
      scores[key] = dot * scale;
    }
  }

  /** Weighted values, keys ascending. */
  static void values(
      FloatPages kv, int[] pageTable, int table, int kvHead, int keys, float[] p, float[] o) {
    int headDim = kv.shape().headDim();
    Arrays.fill(o, 0, headDim, 0f);
    for (int key = 0; key < keys; key++) {
      int page = pageTable[table + key / PAGE];
      for (int d = 0; d < headDim; d++) {
        o[d] = Math.fma(p[key], kv.value(kvHead, page, key % PAGE, d), o[d]);
      }
    }
  }
}
