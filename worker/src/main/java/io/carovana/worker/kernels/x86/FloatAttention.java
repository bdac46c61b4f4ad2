package io.carovana.worker.kernels.x86;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.FloatPages;
import io.carovana.worker.kernels.VnniTile;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention in f32 or bf16 of one KV head's queries in a tile of rows (rule 7), by machine code.
 */
final class FloatAttention {
  private static final int BLOCK = Numerics.ATTENTION_BLOCK;
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;
  private static final int WIDTH = 16;
  private static final int MAX_QUERIES = FloatScoresCode.MAX_QUERIES;
  private static final MethodHandle SCORES =
      CodeCall.of(ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS);
  private static final MethodHandle VALUES =
      CodeCall.of(
          ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
          JAVA_LONG);
  private static final MethodHandle MERGE =
      CodeCall.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private final SoftmaxCall softmax = new SoftmaxCall(BlockSoftmaxCode.forFloats());
  private final MemorySegment merge;
  private final MemorySegment[] scores = new MemorySegment[MAX_QUERIES];
  private final MemorySegment[] fetchingScores = new MemorySegment[MAX_QUERIES];
  private final MemorySegment[][] values =
      new MemorySegment[MAX_QUERIES][FloatValuesCode.MAX_VECTORS];

  /**
   * Writes and loads the code.
   *
   * @param elementBytes of the pages that it is for
   */
  FloatAttention(int elementBytes) {
    List<byte[]> codes = new ArrayList<>();
    codes.add(FloatMergeCode.of());
    for (int queries = 1; queries <= MAX_QUERIES; queries++) {
      codes.add(FloatScoresCode.of(elementBytes, queries, false));
      codes.add(FloatScoresCode.of(elementBytes, queries, true));
      for (int vectors = 1; vectors <= FloatValuesCode.MAX_VECTORS; vectors++) {
        codes.add(FloatValuesCode.of(elementBytes, queries, vectors));
      }
    }
    List<MemorySegment> loaded = CodeMemory.load(codes);
    merge = loaded.getFirst();
    int next = 1;
    for (int i = 0; i < MAX_QUERIES; i++) {
      scores[i] = loaded.get(next++);
      fetchingScores[i] = loaded.get(next++);
      for (int j = 0; j < FloatValuesCode.MAX_VECTORS; j++) {
        values[i][j] = loaded.get(next++);
      }
    }
  }

  /** {@link io.carovana.worker.kernels.Kernels#attention} for at most a tile of rows. */
  void run(
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
      VnniTile tile) {
    int group = kv.shape().group();
    int headDim = kv.shape().headDim();
    int queries = rows * group;
    int firstHead = kvHead * group * headDim;
    for (int query = 0; query < queries; query++) {
      int at = qOffset + firstHead + query / group * qStride + query % group * headDim;
      tile.beginFloats(query, q, at);
    }
    for (int block = 0; block < firstPosition + rows; block += BLOCK) {
      int first = Math.max(0, block - firstPosition) * group;
      int position = firstPosition - block;
      int pages = Math.ceilDiv(Math.min(BLOCK, position + rows), PAGE);
      tile.block(kv, pageTable, tableOffset + block / PAGE, pages);
      scores(kv, kvHead, pages, first, queries, tile);
      for (int query = first; query < queries; query++) {
        softmax.run(query, seen(position, query, group), tile);
      }
      for (int query = first; query < queries; ) {
        int count = CodeCall.share(queries - query, MAX_QUERIES);
        values(kv, kvHead, query, count, position, tile);
        query += count;
      }
      merge(first, queries - first, headDim, tile);
    }
    for (int query = 0; query < queries; query++) {
      int at = outOffset + firstHead + query / group * outStride + query % group * headDim;
      tile.finish(query, out, at);
    }
  }

  /** Keys of the block that a query sees; {@code position} is row 0's, relative to the block. */
  private static int seen(int position, int query, int group) {
    return Math.min(BLOCK, position + query / group + 1);
  }

  /**
   * The first call has the values fetched meanwhile: when they are wanted, nothing else is read.
   */
  private void scores(FloatPages kv, int kvHead, int pages, int first, int queries, VnniTile tile) {
    for (int query = first; query < queries; ) {
      int count = CodeCall.share(queries - query, MAX_QUERIES);
      try {
        SCORES.invokeExact(
            (query == first ? fetchingScores : scores)[count - 1],
            kv.keySegment(kvHead),
            tile.keyPages(),
            (long) pages,
            (long) Float.BYTES * kv.shape().headDim(),
            tile.floats(query),
            tile.dots(query),
            kv.valueSegment(kvHead));
      } catch (Throwable e) {
        throw new IllegalStateException("machine code of attention scores failed", e);
      }
      query += count;
    }
  }

  /** Neighbouring queries share the keys that all of them see. */
  private void values(
      FloatPages kv, int kvHead, int query, int count, int position, VnniTile tile) {
    int group = kv.shape().group();
    int shared = seen(position, query, group);
    values(kv, kvHead, 0, shared, query, count, tile);
    for (int i = query; i < query + count; i++) {
      int end = seen(position, i, group);
      if (end > shared) {
        values(kv, kvHead, shared, end, i, 1, tile);
      }
    }
  }

  private void values(
      FloatPages kv, int kvHead, int from, int to, int query, int count, VnniTile tile) {
    int headDim = kv.shape().headDim();
    long bytes = kv.elementBytes();
    int most = FloatValuesCode.MAX_VECTORS * WIDTH;
    for (int dimension = 0; dimension < headDim; dimension += most) {
      int vectors = Math.min(most, headDim - dimension) / WIDTH;
      try {
        VALUES.invokeExact(
            values[count - 1][vectors - 1],
            kv.valueSegment(kvHead),
            tile.valuePages() + (long) Long.BYTES * (from / PAGE),
            (long) (to - from),
            (long) Float.BYTES * headDim,
            tile.dots(query) + (long) Float.BYTES * from,
            tile.block(query) + (long) Float.BYTES * dimension,
            bytes * headDim,
            (long) (from % PAGE),
            bytes * dimension);
      } catch (Throwable e) {
        throw new IllegalStateException("machine code of attention values failed", e);
      }
    }
  }

  private void merge(int first, int count, int headDim, VnniTile tile) {
    try {
      MERGE.invokeExact(
          merge,
          tile.running(first),
          tile.block(first),
          tile.record(first),
          (long) headDim / WIDTH,
          (long) count);
    } catch (Throwable e) {
      throw new IllegalStateException("machine code of attention failed", e);
    }
  }
}
