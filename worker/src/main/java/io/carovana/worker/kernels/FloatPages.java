package io.carovana.worker.kernels;

import io.carovana.model.Numerics;
import java.lang.foreign.MemorySegment;

/**
 * KV pages whose elements are f32 numbers, stored as they are or rounded to bf16 (rule 7): a page's
 * keys by dimension, so that lanes are keys, its values by position. Every head has arrays of its
 * own, so that a long sequence in neighbouring pages is one stretch of memory.
 */
public sealed interface FloatPages extends KvView permits F32Pages, Bf16Pages {
  /** Index of a page's keys; those of dimension d begin {@code 32 * d} later. */
  default int keyIndex(int page) {
    return page * Numerics.KV_PAGE_TOKENS * shape().headDim();
  }

  /** Index of a slot's value. */
  default int valueIndex(int page, int slot) {
    return (page * Numerics.KV_PAGE_TOKENS + slot) * shape().headDim();
  }

  /** Dimension {@code d} of a slot's key. */
  float key(int head, int page, int slot, int d);

  /** Dimension {@code d} of a slot's value. */
  float value(int head, int page, int slot, int d);

  /** Bytes of an element. */
  int elementBytes();

  /** A head's array of keys, as machine code is given it. */
  MemorySegment keySegment(int head);

  /** A head's array of values. */
  MemorySegment valueSegment(int head);

  /** Elements of a head's keys, and of its values. */
  static int elements(AttentionShape shape, int pages) {
    int positions = Math.multiplyExact(pages, Numerics.KV_PAGE_TOKENS);
    return Math.multiplyExact(positions, shape.headDim());
  }
}
