package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.BlockSoftmax.divide;
import static io.carovana.worker.kernels.vector.BlockSoftmax.merge;
import static io.carovana.worker.kernels.vector.BlockSoftmax.probabilities;
import static io.carovana.worker.kernels.vector.BlockSoftmax.visible;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.FloatPages;
import io.carovana.worker.kernels.KernelScratch;
import java.util.Arrays;

/**
 * Attention of one KV head's queries in a tile of rows (rule 7): block by block, so that a block's
 * keys and values are read once for all queries. Query i is row {@code i / group}, head {@code i %
 * group}; the queries that see a block are the last ones.
 */
final class VectorAttention {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;
  private static final int BLOCK = Numerics.ATTENTION_BLOCK;
  private static final int TOGETHER = 4;

  private VectorAttention() {}

  /** {@link io.carovana.worker.kernels.Kernels#attention} for at most a tile of rows. */
  static void run(
      FloatPages kv,
      int[] pageTable,
      int tableOffset,
      int kvHead,
      float[] q,
      int qOffset,
      int qStride,
      int rows,
      int firstPosition,
      float[] out,
      int outOffset,
      int outStride,
      KernelScratch scratch) {
    int group = kv.shape().group();
    int headDim = kv.shape().headDim();
    int queries = rows * group;
    int firstHead = kvHead * group * headDim;
    for (int block = 0; block < firstPosition + rows; block += BLOCK) {
      int first = Math.max(0, block - firstPosition) * group;
      int table = tableOffset + block / PAGE;
      int position = firstPosition - block;
      int qAt = qOffset + firstHead;
      scores(kv, pageTable, table, kvHead, q, qAt, qStride, first, queries, position, scratch);
      for (int query = first; query < queries; query++) {
        probabilities(scratch, query, visible(position, query, group));
      }
      Arrays.fill(scratch.blockOut(), first * headDim, queries * headDim, 0f);
      values(kv, pageTable, table, kvHead, first, queries, position, scratch);
      for (int query = first; query < queries; query++) {
        merge(scratch, query, headDim, block == 0);
      }
    }
    for (int query = 0; query < queries; query++) {
      int at = outOffset + firstHead + query / group * outStride + query % group * headDim;
      divide(scratch, query, headDim, out, at);
    }
  }

  /**
   * Scores of all queries with whole pages, a page after the other while it is in the first-level
   * cache; keys that a query does not see are cut off later.
   */
  private static void scores(
      FloatPages kv,
      int[] pageTable,
      int table,
      int kvHead,
      float[] q,
      int qAt,
      int qStride,
      int first,
      int queries,
      int position,
      KernelScratch scratch) {
    int group = kv.shape().group();
    int headDim = kv.shape().headDim();
    float scale = kv.shape().scoreScale();
    float[] scores = scratch.scores();
    for (int key = 0; key < visible(position, queries - 1, group); key += PAGE) {
      int page = pageTable[table + key / PAGE];
      float[] keys = FloatPage.keys(kv, kvHead, page, scratch);
      int keysAt = FloatPage.at(kv, page);
      int query = first;
      for (; query + TOGETHER <= queries; query += TOGETHER) {
        if (key < visible(position, query + TOGETHER - 1, group)) {
          int q0 = queryIndex(qAt, qStride, query, group, headDim);
          int q1 = queryIndex(qAt, qStride, query + 1, group, headDim);
          int q2 = queryIndex(qAt, qStride, query + 2, group, headDim);
          int q3 = queryIndex(qAt, qStride, query + 3, group, headDim);
          int at = query * BLOCK + key;
          AttentionProducts.scores4(keys, keysAt, headDim, scale, q, q0, q1, q2, q3, scores, at);
        }
      }
      for (; query < queries; query++) {
        if (key < visible(position, query, group)) {
          int from = queryIndex(qAt, qStride, query, group, headDim);
          int at = query * BLOCK + key;
          AttentionProducts.scores1(keys, keysAt, headDim, scale, q, from, scores, at);
        }
      }
    }
  }

  private static int queryIndex(int qAt, int qStride, int query, int group, int headDim) {
    return qAt + query / group * qStride + query % group * headDim;
  }

  /** Weighted values, page by page: four queries share the keys that all of them see. */
  private static void values(
      FloatPages kv,
      int[] pageTable,
      int table,
      int kvHead,
      int first,
      int queries,
      int position,
      KernelScratch scratch) {
    int group = kv.shape().group();
    int headDim = kv.shape().headDim();
    float[] p = scratch.scores();
    float[] out = scratch.blockOut();
    for (int key = 0; key < visible(position, queries - 1, group); key += PAGE) {
      int page = pageTable[table + key / PAGE];
      float[] values = FloatPage.values(kv, kvHead, page, scratch);
      int valuesAt = FloatPage.at(kv, page);
      int query = first;
      for (; query + TOGETHER <= queries; query += TOGETHER) {
        int shared = Math.min(PAGE, visible(position, query, group) - key);
        if (shared > 0) {
          int at = query * BLOCK + key;
          AttentionProducts.values4(values, valuesAt, headDim, shared, p, at, out, query * headDim);
        }
        for (int i = query; i < query + TOGETHER; i++) {
          int to = Math.min(PAGE, visible(position, i, group) - key);
          if (to > Math.max(0, shared)) {
            int at = i * BLOCK + key;
            AttentionProducts.values1(
                values, valuesAt, headDim, Math.max(0, shared), to, p, at, out, i * headDim);
          }
        }
      }
      for (; query < queries; query++) {
        int to = Math.min(PAGE, visible(position, query, group) - key);
        if (to > 0) {
          int at = query * BLOCK + key;
          AttentionProducts.values1(values, valuesAt, headDim, 0, to, p, at, out, query * headDim);
        }
      }
    }
  }
}
