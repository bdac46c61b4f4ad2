package io.carovana.worker.kernels;

import io.carovana.model.Numerics;
import java.util.Arrays;

/**
 * Attention of one query over the keys it may see (rule 7). A block of 256 keys gives its maximum
 * m, its sum l and its weighted values o; blocks merge in ascending order:
 *
 * <pre>
 * M' = max(M, m);  a = exp(M - M');  b = exp(m - M')
 * L' = fma(l, b, L * a);  O' = fma(o, b, O * a)
 * </pre>
 *
 * and the output is O / L.
 */
final class ScalarAttention {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;
  private static final int BLOCK = Numerics.ATTENTION_BLOCK;

  /**
   * One query.
   *
   * @param position sees keys {@code [0, position]}
   */
  void run(
      KvView kv,
      int[] pageTable,
      int tableOffset,
      int kvHead,
      float[] q,
      int qAt,
      int position,
      float[] out,
      int outAt,
      KernelScratch scratch) {
    int headDim = kv.shape().headDim();
    float[] o = scratch.blockOut();
    float[] running = scratch.runningOut();
    float runningMax = 0f;
    float runningSum = 0f;
    for (int block = 0; block <= position; block += BLOCK) {
      int keys = Math.min(BLOCK, position + 1 - block);
      int table = tableOffset + block / PAGE;
      scores(kv, pageTable, table, kvHead, q, qAt, keys, scratch.scores());
      float max = maximum(scratch.scores(), keys);
      float sum = probabilities(scratch.scores(), keys, max, scratch.strided());
      values(kv, pageTable, table, kvHead, keys, scratch.scores(), o);
      if (block == 0) {
        runningMax = max;
        runningSum = sum;
        System.arraycopy(o, 0, running, 0, headDim);
      } else {
        float newMax = Math.max(runningMax, max);
        float a = ExpPolynomial.exp(runningMax - newMax);
        float b = ExpPolynomial.exp(max - newMax);
        runningSum = Math.fma(sum, b, runningSum * a);
        for (int d = 0; d < headDim; d++) {
          running[d] = Math.fma(o[d], b, running[d] * a);
        }
        runningMax = newMax;
      }
    }
    for (int d = 0; d < headDim; d++) {
      float value = running[d] / runningSum;
      if (!Float.isFinite(value)) {
        throw new NonFiniteException("attention");
      }
      out[outAt + d] = value;
    }
  }

  /** Dot products in ascending d, then scaled. */
  private static void scores(
      KvView kv,
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
      float[] page = kv.keyPages()[pageTable[table + key / PAGE]];
      int at = kv.shape().keyIndex(kvHead) + key % PAGE;
      float dot = 0f;
      for (int d = 0; d < headDim; d++) {
        dot = Math.fma(q[qAt + d], page[at + d * PAGE], dot);
      }
      scores[key] = dot * scale;
    }
  }

  private static float maximum(float[] scores, int keys) {
    float max = scores[0];
    for (int key = 1; key < keys; key++) {
      max = Math.max(max, scores[key]);
    }
    return max;
  }

  /** Turns scores into exp(score - max) and returns their sum (rule 6). */
  private static float probabilities(float[] scores, int keys, float max, float[] sums) {
    Arrays.fill(sums, 0f);
    for (int key = 0; key < keys; key++) {
      scores[key] = ExpPolynomial.exp(scores[key] - max);
      sums[key % ScalarKernels.STRIDED] += scores[key];
    }
    return ScalarKernels.strideTree(sums, 0);
  }

  /** Weighted values, keys ascending. */
  private static void values(
      KvView kv, int[] pageTable, int table, int kvHead, int keys, float[] p, float[] o) {
    int headDim = kv.shape().headDim();
    Arrays.fill(o, 0, headDim, 0f);
    for (int key = 0; key < keys; key++) {
      float[] page = kv.valuePages()[pageTable[table + key / PAGE]];
      int at = kv.shape().valueIndex(kvHead, key % PAGE);
      for (int d = 0; d < headDim; d++) {
        o[d] = Math.fma(p[key], page[at + d], o[d]);
      }
    }
  }
}
