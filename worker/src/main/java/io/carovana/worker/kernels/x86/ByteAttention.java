package io.carovana.worker.kernels.x86;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.QuantizedPages;
import io.carovana.worker.kernels.VnniTile;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/** Attention in q8 of one KV head's queries in a tile of rows (rule 7), by machine code. */
final class ByteAttention {
  private static final int BLOCK = Numerics.ATTENTION_BLOCK;
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;

  /** Heads are whole vectors of f32. */
  private static final int WIDTH = 16;

  private static final int FOUR = QuantizedPages.FOUR;
  private static final MethodHandle SCORES =
      CodeCall.of(ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle VALUES =
      CodeCall.of(
          ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private final MemorySegment[] scores = new MemorySegment[BlockScoresCode.MAX_QUERIES];
  private final SoftmaxCall softmax = new SoftmaxCall(BlockSoftmaxCode.forBytes());
  private final MemorySegment[][] values =
      new MemorySegment[BlockValuesCode.MAX_QUERIES][BlockValuesCode.MAX_VECTORS];

  /** Writes and loads the code. */
  ByteAttention() {
    List<byte[]> codes = new ArrayList<>();
    for (int queries = 1; queries <= scores.length; queries++) {
      codes.add(BlockScoresCode.of(queries));
    }
    for (int queries = 1; queries <= values.length; queries++) {
      for (int vectors = 1; vectors <= BlockValuesCode.MAX_VECTORS; vectors++) {
        codes.add(BlockValuesCode.of(queries, vectors));
      }
    }
    List<MemorySegment> loaded = CodeMemory.load(codes);
    int next = 0;
    for (int i = 0; i < scores.length; i++) {
      scores[i] = loaded.get(next++);
    }
    for (MemorySegment[] row : values) {
      for (int i = 0; i < row.length; i++) {
        row[i] = loaded.get(next++);
      }
    }
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
      VnniTile tile) {
    int group = kv.shape().group();
    int headDim = kv.shape().headDim();
    int queries = rows * group;
    int firstHead = kvHead * group * headDim;
    for (int query = 0; query < queries; query++) {
      tile.beginBytes(
          query, q, qOffset + firstHead + query / group * qStride + query % group * headDim);
    }
    for (int block = 0; block < firstPosition + rows; block += BLOCK) {
      int first = Math.max(0, block - firstPosition) * group;
      int position = firstPosition - block;
      int pages = Math.ceilDiv(Math.min(BLOCK, position + rows), PAGE);
      tile.block(kv, pageTable, tableOffset + block / PAGE, pages, kvHead);
      scores(kv.keys()[kvHead], pages, headDim, first, queries, tile);
      for (int query = first; query < queries; query++) {
        softmax.run(query, Math.min(BLOCK, position + query / group + 1), tile);
      }
      values(kv.values()[kvHead], pages, headDim, first, queries, tile);
    }
    for (int query = 0; query < queries; query++) {
      int at = outOffset + firstHead + query / group * outStride + query % group * headDim;
      tile.finish(query, out, at);
    }
  }

  private void scores(byte[] keys, int pages, int headDim, int first, int queries, VnniTile tile) {
    for (int query = first; query < queries; ) {
      int count = CodeCall.share(queries - query, scores.length);
      try {
        SCORES.invokeExact(
            scores[count - 1],
            MemorySegment.ofArray(keys),
            tile.keyPages(),
            (long) pages,
            (long) headDim,
            tile.codes(query),
            tile.dots(query),
            tile.record(query));
      } catch (Throwable e) {
        throw new IllegalStateException("machine code of attention scores failed", e);
      }
      query += count;
    }
  }

  private void values(byte[] array, int pages, int headDim, int first, int queries, VnniTile tile) {
    int most = BlockValuesCode.MAX_VECTORS * WIDTH;
    for (int query = first; query < queries; query += values.length) {
      int count = Math.min(values.length, queries - query);
      for (int dimension = 0; dimension < headDim; dimension += most) {
        int vectors = Math.min(most, headDim - dimension) / WIDTH;
        try {
          VALUES.invokeExact(
              values[count - 1][vectors - 1],
              MemorySegment.ofArray(array),
              tile.valuePages(),
              (long) pages,
              (long) FOUR * headDim,
              tile.digits(query),
              tile.record(query),
              tile.running(query) + (long) Float.BYTES * dimension,
              (long) FOUR * dimension);
        } catch (Throwable e) {
          throw new IllegalStateException("machine code of attention values failed", e);
        }
      }
    }
  }
}
