package io.carovana.worker.kernels;

import io.carovana.model.Numerics;

/**
 * One thread's whole numbers for attention in q8: a tile of queries against one block of keys.
 * Query i is row {@code i / group}, head {@code i % group} of a KV head.
 */
public final class QuantizedTile {
  /** Largest weight of a value: two unsigned 8-bit digits. */
  public static final float WEIGHT_MAX = 65535f;

  private static final int LINE = 64;

  private final int dims;
  private int touched;
  private final int[] queries;
  private final float[] wholeQueries;
  private final float[] queryScales;
  private final int[] dots;
  private final int[] weights;
  private final float[] weightScales;
  private final int[] sums;
  private final float[] wideKeys;
  private final int[] wideValues;

  /** Room for {@code queries} queries. */
  QuantizedTile(AttentionShape shape, int queries) {
    dims = QuantizedPages.keyDims(shape);
    this.queries = new int[queries * dims];
    wholeQueries = new float[queries * dims];
    queryScales = new float[queries];
    dots = new int[queries * Numerics.ATTENTION_BLOCK];
    weights = new int[queries * Numerics.ATTENTION_BLOCK];
    weightScales = new float[queries];
    sums = new int[queries * shape.headDim()];
    wideKeys = new float[dims * Numerics.KV_PAGE_TOKENS];
    wideValues = new int[shape.headDim() * Numerics.KV_PAGE_TOKENS];
  }

  /** Stride of {@link #queries}: dimensions in whole fours. */
  public int dims() {
    return dims;
  }

  /** The queries' codes, {@code [query][dims]}, padded with zeros. */
  public int[] queries() {
    return queries;
  }

  /** {@link #queries} as whole f32 numbers. */
  public float[] wholeQueries() {
    return wholeQueries;
  }

  /** The queries' scales times the score scale. */
  public float[] queryScales() {
    return queryScales;
  }

  /** Dot products of queries and keys, {@code [query][256]}. */
  public int[] dots() {
    return dots;
  }

  /** Weights of the values, 0 to 65535, {@code [query][256]}; zero for keys that are not seen. */
  public int[] weights() {
    return weights;
  }

  /** What weighted sums are multiplied by. */
  public float[] weightScales() {
    return weightScales;
  }

  /** Sums of weighted values, {@code [query][headDim]}. */
  public int[] sums() {
    return sums;
  }

  /** A page of keys as whole f32 numbers, {@code [dims][32 keys]}. */
  public float[] wideKeys() {
    return wideKeys;
  }

  /** A page of values, {@code [32 keys][headDim]}. */
  public int[] wideValues() {
    return wideValues;
  }

  /**
   * Has a stretch of memory fetched that will be read soon, by reading a byte of every cache line:
   * what is multiplied meanwhile does not wait for it.
   */
  public void touch(byte[] bytes, int at, int length) {
    int sum = 0;
    for (int i = at; i < at + length; i += LINE) {
      sum += bytes[i];
    }
    touched = sum;
  }

  /** Quantizes one query, {@code headDim} floats from {@code from}. */
  public void quantize(int query, float[] q, int from, AttentionShape shape) {
    float largest = Int8.largest(q, from, shape.headDim(), "attention");
    float factor = Int8.factor(largest);
    for (int d = 0; d < shape.headDim(); d++) {
      int code = Int8.code(q[from + d], factor);
      queries[query * dims + d] = code;
      wholeQueries[query * dims + d] = code;
    }
    queryScales[query] = Int8.scale(largest) * shape.scoreScale();
  }
}
