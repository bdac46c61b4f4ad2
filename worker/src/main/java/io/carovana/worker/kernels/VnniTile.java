package io.carovana.worker.kernels;

import io.carovana.model.Numerics;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One thread's working memory for attention by machine code, outside the heap, so that code is
 * given plain addresses: a tile of queries against one block of keys. Query i is row {@code i /
 * group}, head {@code i % group} of a KV head.
 */
public final class VnniTile {
  /** Bytes of a query's record of f32 and int32 numbers. */
  public static final int RECORD = 32;

  /** In a record: the query's scale times the score scale. */
  public static final int QUERY_SCALE = 0;

  /** In a record: -128 times the sum of the query's codes. */
  public static final int START = 4;

  /** In a record: what the block's weighted sums are multiplied by. */
  public static final int WEIGHT_SCALE = 8;

  /** In a record: running maximum. */
  public static final int MAXIMUM = 12;

  /** In a record: running sum. */
  public static final int SUM = 16;

  /** In a record: the factor of what came before the block. */
  public static final int OLD_FACTOR = 20;

  /** In a record: the factor of the block. */
  public static final int NEW_FACTOR = 24;

  /** Bytes of a query's two digits of all weights, the lower ones first. */
  public static final int DIGITS = 2 * Numerics.ATTENTION_BLOCK;

  /** Bytes of a query's dot products. */
  public static final int DOTS = Numerics.ATTENTION_BLOCK * Integer.BYTES;

  private static final int PAGE = Numerics.KV_PAGE_TOKENS;
  private static final int BLOCK = Numerics.ATTENTION_BLOCK;
  private static final int PAGES = BLOCK / PAGE;
  private static final long ALIGNMENT = 64;

  private final AttentionShape shape;
  private final MemorySegment memory;
  private final long codes;
  private final long records;
  private final long dots;
  private final long digits;
  private final long floats;
  private final long block;
  private final long running;
  private final long keyScales;
  private final long valueScales;
  private final long seen;
  private final long keyPages;
  private final long valuePages;
  private long size;

  VnniTile(AttentionShape shape, int queries) {
    this.shape = shape;
    records = take((long) queries * RECORD);
    codes = take((long) queries * shape.headDim());
    dots = take((long) queries * DOTS);
    digits = take((long) queries * DIGITS);
    floats = take((long) queries * shape.headDim() * Float.BYTES);
    block = take((long) queries * shape.headDim() * Float.BYTES);
    running = take((long) queries * shape.headDim() * Float.BYTES);
    keyScales = take(BLOCK * Float.BYTES);
    valueScales = take(BLOCK * Float.BYTES);
    seen = take(2L * BLOCK * Integer.BYTES);
    keyPages = take(PAGES * Long.BYTES);
    valuePages = take(PAGES * Long.BYTES);
    memory = Arena.ofAuto().allocate(size, ALIGNMENT);
    memory.asSlice(seen, (long) BLOCK * Integer.BYTES).fill((byte) -1);
  }

  private long take(long bytes) {
    long at = size;
    size += Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    return at;
  }

  /** Address of a query's codes, {@code [headDim]} bytes. */
  public long codes(int query) {
    return memory.address() + codes + (long) query * shape.headDim();
  }

  /** Address of a query's record. */
  public long record(int query) {
    return memory.address() + records + (long) query * RECORD;
  }

  /** Address of a query's dot products. */
  public long dots(int query) {
    return memory.address() + dots + (long) query * DOTS;
  }

  /** Address of a query's digits. */
  public long digits(int query) {
    return memory.address() + digits + (long) query * DIGITS;
  }

  /** Address of a query's values, {@code [headDim]} f32. */
  public long floats(int query) {
    return memory.address() + floats + (long) query * shape.headDim() * Float.BYTES;
  }

  /** Address of a query's weighted values of a block, {@code [headDim]} f32. */
  public long block(int query) {
    return memory.address() + block + (long) query * shape.headDim() * Float.BYTES;
  }

  /** Address of a query's running weighted values, {@code [headDim]} f32. */
  public long running(int query) {
    return memory.address() + running + (long) query * shape.headDim() * Float.BYTES;
  }

  /** Address of the block's key scales; those of its values follow. */
  public long scales() {
    return memory.address() + keyScales;
  }

  /** Address of {@code BLOCK} words, all ones for the first {@code keys} and zero for the rest. */
  public long seen(int keys) {
    return memory.address() + seen + (long) (BLOCK - keys) * Integer.BYTES;
  }

  /** Address of the block's pages' offsets in bytes in the array of keys. */
  public long keyPages() {
    return memory.address() + keyPages;
  }

  /** Address of the block's pages' offsets in the array of values. */
  public long valuePages() {
    return memory.address() + valuePages;
  }

  /** Quantizes one query, {@code headDim} floats from {@code from}, and begins its sums. */
  public void beginBytes(int query, float[] q, int from) {
    int headDim = shape.headDim();
    float largest = Int8.largest(q, from, headDim, "attention");
    float factor = Int8.factor(largest);
    long at = codes + (long) query * headDim;
    int sum = 0;
    for (int d = 0; d < headDim; d++) {
      int code = Int8.code(q[from + d], factor);
      memory.set(ValueLayout.JAVA_BYTE, at + d, (byte) code);
      sum += code;
    }
    long record = records + (long) query * RECORD;
    memory.set(ValueLayout.JAVA_INT, record + START, sum * Byte.MIN_VALUE);
    begin(query, Int8.scale(largest) * shape.scoreScale());
  }

  /** Takes one query as it is, and begins its sums. */
  public void beginFloats(int query, float[] q, int from) {
    int headDim = shape.headDim();
    long at = floats + (long) query * headDim * Float.BYTES;
    MemorySegment.copy(q, from, memory, ValueLayout.JAVA_FLOAT, at, headDim);
    fill(block, query, 0f);
    begin(query, shape.scoreScale());
  }

  private void begin(int query, float scale) {
    long record = records + (long) query * RECORD;
    memory.set(ValueLayout.JAVA_FLOAT, record + QUERY_SCALE, scale);
    memory.set(ValueLayout.JAVA_FLOAT, record + MAXIMUM, Float.NEGATIVE_INFINITY);
    memory.set(ValueLayout.JAVA_FLOAT, record + SUM, 0f);
    // Negative zero: merging the first block into it leaves that block as it is, also its zeros.
    fill(running, query, -0f);
  }

  private void fill(long region, int query, float value) {
    long at = region + (long) query * shape.headDim() * Float.BYTES;
    for (int d = 0; d < shape.headDim(); d++) {
      memory.set(ValueLayout.JAVA_FLOAT, at + (long) d * Float.BYTES, value);
    }
  }

  /** Notes where a block's pages lie. */
  public void block(FloatPages kv, int[] pageTable, int table, int pages) {
    long bytes = kv.elementBytes();
    for (int i = 0; i < pages; i++) {
      int page = pageTable[table + i];
      note(i, bytes * kv.keyIndex(page), bytes * kv.valueIndex(page, 0));
    }
  }

  private void note(int i, long keysAt, long valuesAt) {
    memory.set(ValueLayout.JAVA_LONG, keyPages + (long) i * Long.BYTES, keysAt);
    memory.set(ValueLayout.JAVA_LONG, valuePages + (long) i * Long.BYTES, valuesAt);
  }

  /** The same, and copies their scales. */
  public void block(QuantizedPages kv, int[] pageTable, int table, int pages, int kvHead) {
    for (int i = 0; i < pages; i++) {
      int page = pageTable[table + i];
      note(i, kv.keyIndex(page), kv.valueIndex(page));
      long at = (long) i * PAGE * Float.BYTES;
      int from = kv.scaleIndex(page);
      copy(kv.keyScales()[kvHead], from, keyScales + at);
      copy(kv.valueScales()[kvHead], from, valueScales + at);
    }
  }

  private void copy(float[] scales, int from, long to) {
    MemorySegment.copy(scales, from, memory, ValueLayout.JAVA_FLOAT, to, PAGE);
  }

  /**
   * A query's result.
   *
   * @throws NonFiniteException if it is not finite
   */
  public void finish(int query, float[] out, int outAt) {
    int headDim = shape.headDim();
    long from = running + (long) query * headDim * Float.BYTES;
    float sum = memory.get(ValueLayout.JAVA_FLOAT, records + (long) query * RECORD + SUM);
    MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, from, out, outAt, headDim);
    boolean finite = true;
    for (int i = outAt; i < outAt + headDim; i++) {
      float value = out[i] / sum;
      finite &= Float.isFinite(value);
      out[i] = value;
    }
    if (!finite) {
      throw new NonFiniteException("attention");
    }
  }
}
