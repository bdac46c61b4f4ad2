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
 * and the output is O / L. How scores and weighted values come about is the KV profile's.
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
    float[] scores = scratch.scores();
    float runningMax = 0f;
    float runningSum = 0f;
    if (kv instanceof QuantizedPages) {
      scratch.quantized().quantize(0, q, qAt, kv.shape());
    }
    for (int block = 0; block <= position; block += BLOCK) {
      int keys = Math.min(BLOCK, position + 1 - block);
      int table = tableOffset + block / PAGE;
      switch (kv) {
        case FloatPages pages ->
            ScalarFloatBlock.scores(pages, pageTable, table, kvHead, q, qAt, keys, scores);
        case QuantizedPages pages ->
            ScalarQuantizedBlock.scores(pages, pageTable, table, kvHead, keys, scratch);
      }
      float max = maximum(scores, keys);
      float sum = probabilities(scores, keys, max, scratch.strided());
      switch (kv) {
        case FloatPages pages ->
            ScalarFloatBlock.values(pages, pageTable, table, kvHead, keys, scores, o);
        case QuantizedPages pages ->
            ScalarQuantizedBlock.values(pages, pageTable, table, kvHead, keys, scratch);
      }
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
}
