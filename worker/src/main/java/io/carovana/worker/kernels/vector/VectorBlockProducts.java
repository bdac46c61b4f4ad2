package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.BlockSoftmax.BLOCK;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.BlockProducts;
import io.carovana.worker.kernels.QuantizedPages;
import io.carovana.worker.kernels.QuantizedTile;
import java.util.Arrays;

/**
 * Page by page: a lone query multiplies the bytes as it reads them; several share a page that is
 * widened once, while it is in the first-level cache.
 */
final class VectorBlockProducts implements BlockProducts {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;
  private static final int TOGETHER = 4;

  @Override
  public void scores(
      QuantizedPages kv,
      int[] pageTable,
      int table,
      int pages,
      int kvHead,
      int first,
      int queries,
      QuantizedTile tile) {
    int dims = tile.dims();
    byte[] keys = kv.keys()[kvHead];
    for (int page = 0; page < pages; page++) {
      int keysAt = kv.keyIndex(pageTable[table + page]);
      int at = page * PAGE;
      int query = first;
      if (queries - first >= TOGETHER) {
        WidePage.keys(keys, keysAt, dims, tile.wideKeys());
        for (; query + TOGETHER <= queries; query += TOGETHER) {
          TileProducts.scores4(
              tile.wideKeys(),
              dims,
              tile.wholeQueries(),
              query * dims,
              tile.dots(),
              query * BLOCK + at);
        }
      }
      if (query < queries) {
        int valuesAt = kv.valueIndex(pageTable[table + page]);
        tile.touch(kv.values()[kvHead], valuesAt, PAGE * kv.shape().headDim());
      }
      for (; query < queries; query++) {
        LoneProducts.scores(
            keys, keysAt, dims, tile.queries(), query * dims, tile.dots(), query * BLOCK + at);
      }
    }
  }

  @Override
  public void values(
      QuantizedPages kv,
      int[] pageTable,
      int table,
      int pages,
      int kvHead,
      int first,
      int queries,
      QuantizedTile tile) {
    int headDim = kv.shape().headDim();
    byte[] values = kv.values()[kvHead];
    int[] sums = tile.sums();
    Arrays.fill(sums, first * headDim, queries * headDim, 0);
    for (int page = 0; page < pages; page++) {
      int valuesAt = kv.valueIndex(pageTable[table + page]);
      int at = page * PAGE;
      int query = first;
      if (queries - first >= TOGETHER) {
        WidePage.values(values, valuesAt, headDim, tile.wideValues());
        for (; query + TOGETHER <= queries; query += TOGETHER) {
          TileProducts.values4(
              tile.wideValues(),
              headDim,
              tile.weights(),
              query * BLOCK + at,
              sums,
              query * headDim);
        }
      }
      for (; query < queries; query++) {
        LoneProducts.values(
            values, valuesAt, headDim, tile.weights(), query * BLOCK + at, sums, query * headDim);
      }
    }
  }
}
