package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.BlockSoftmax.BLOCK;
import static io.carovana.worker.kernels.vector.BlockSoftmax.visible;
import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;
import static io.carovana.worker.kernels.vector.Lanes.INTS;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.BlockProducts;
import io.carovana.worker.kernels.ExpPolynomial;
import io.carovana.worker.kernels.Int8;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.QuantizedPages;
import io.carovana.worker.kernels.QuantizedTile;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Attention in q8 of one KV head's queries in a tile of rows (rule 7). The two products of whole
 * numbers are a {@link BlockProducts}'s; what is between them is here.
 */
final class VectorQuantizedAttention {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ExpPolynomial.ROUNDER);

  private final BlockProducts products;

  VectorQuantizedAttention(BlockProducts products) {
    this.products = products;
  }

  /** {@link io.carovana.worker.kernels.Kernels#attention} for at most a tile of rows. */
  void run(
      QuantizedPages kv,
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
    QuantizedTile tile = scratch.quantized();
    for (int query = 0; query < queries; query++) {
      int at = qOffset + firstHead + query / group * qStride + query % group * headDim;
      tile.quantize(query, q, at, kv.shape());
    }
    for (int block = 0; block < firstPosition + rows; block += BLOCK) {
      int first = Math.max(0, block - firstPosition) * group;
      int table = tableOffset + block / PAGE;
      int position = firstPosition - block;
      int pages = Math.ceilDiv(visible(position, queries - 1, group), PAGE);
      products.scores(kv, pageTable, table, pages, kvHead, first, queries, tile);
      for (int query = first; query < queries; query++) {
        int keys = visible(position, query, group);
        scores(kv, pageTable, table, kvHead, query, keys, scratch);
        BlockSoftmax.probabilities(scratch, query, keys);
        weights(kv, pageTable, table, kvHead, query, keys, pages, scratch);
      }
      products.values(kv, pageTable, table, pages, kvHead, first, queries, tile);
      for (int query = first; query < queries; query++) {
        scale(tile, query, headDim, scratch.blockOut());
        BlockSoftmax.merge(scratch, query, headDim, block == 0);
      }
    }
    for (int query = 0; query < queries; query++) {
      int at = outOffset + firstHead + query / group * outStride + query % group * headDim;
      BlockSoftmax.divide(scratch, query, headDim, out, at);
    }
  }

  /** {@code score = float(dot) * (keyScale * queryScale)}, in whole pages. */
  private static void scores(
      QuantizedPages kv,
      int[] pageTable,
      int table,
      int kvHead,
      int query,
      int keys,
      KernelScratch scratch) {
    int[] dots = scratch.quantized().dots();
    float[] scores = scratch.scores();
    float queryScale = scratch.quantized().queryScales()[query];
    float[] keyScales = kv.keyScales()[kvHead];
    for (int key = 0; key < keys; key += PAGE) {
      int scaleAt = kv.scaleIndex(pageTable[table + key / PAGE]);
      int at = query * BLOCK + key;
      for (int lane = 0; lane < PAGE; lane += F) {
        FloatVector dot = Lanes.toFloats(IntVector.fromArray(INTS, dots, at + lane));
        FloatVector scale =
            FloatVector.fromArray(FLOATS, keyScales, scaleAt + lane).mul(queryScale);
        dot.mul(scale).intoArray(scores, at + lane);
      }
    }
  }

  /** {@code w = p * valueScale; u = rint(w * (65535 / max w))}; zero for keys that are not seen. */
  private static void weights(
      QuantizedPages kv,
      int[] pageTable,
      int table,
      int kvHead,
      int query,
      int keys,
      int pages,
      KernelScratch scratch) {
    float[] p = scratch.scores();
    int[] weights = scratch.quantized().weights();
    float[] valueScales = kv.valueScales()[kvHead];
    int from = query * BLOCK;
    int end = from + Math.ceilDiv(keys, PAGE) * PAGE;
    for (int key = 0; key < keys; key += PAGE) {
      int scaleAt = kv.scaleIndex(pageTable[table + key / PAGE]);
      int at = from + key;
      for (int lane = 0; lane < PAGE; lane += F) {
        FloatVector scale = FloatVector.fromArray(FLOATS, valueScales, scaleAt + lane);
        FloatVector.fromArray(FLOATS, p, at + lane).mul(scale).intoArray(p, at + lane);
      }
    }
    Arrays.fill(p, from + keys, end, 0f);
    float largest = largest(p, from, end);
    boolean zero = largest < Int8.SMALLEST;
    float factor = zero ? 0f : QuantizedTile.WEIGHT_MAX / largest;
    scratch.quantized().weightScales()[query] = zero ? 0f : largest / QuantizedTile.WEIGHT_MAX;
    for (int i = from; i < end; i += F) {
      // In the last bits of the sum is the rounded weight.
      FloatVector.fromArray(FLOATS, p, i)
          .mul(factor)
          .add(ExpPolynomial.ROUNDER)
          .reinterpretAsInts()
          .sub(ROUNDER_BITS)
          .intoArray(weights, i);
    }
    Arrays.fill(weights, end, from + pages * PAGE, 0);
  }

  /** The largest of numbers that are not negative, whose bits order as they do. */
  private static float largest(float[] w, int from, int end) {
    IntVector largest = IntVector.zero(INTS);
    for (int i = from; i < end; i += F) {
      largest = largest.max(FloatVector.fromArray(FLOATS, w, i).reinterpretAsInts());
    }
    return Float.intBitsToFloat(largest.reduceLanes(VectorOperators.MAX));
  }

  private static void scale(QuantizedTile tile, int query, int headDim, float[] out) {
    int[] sums = tile.sums();
    float scale = tile.weightScales()[query];
    for (int i = query * headDim; i < (query + 1) * headDim; i++) {
      out[i] = sums[i] * scale;
    }
  }
}
