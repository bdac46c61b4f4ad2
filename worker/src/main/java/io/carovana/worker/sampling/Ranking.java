package io.carovana.worker.sampling;

/**
 * Token ids in the order of their logits, largest first, ties to the lowest id; taken one by one
 * from a heap, so that only as many are sorted as are wanted. Nothing is allocated after
 * construction.
 */
final class Ranking {
  private final long[] heap;
  private int size;

  /** For rows of at most {@code vocabulary} logits. */
  Ranking(int vocabulary) {
    heap = new long[vocabulary];
  }

  /** Begins anew with the {@code count} logits at {@code offset}, none of them NaN. */
  void fill(float[] logits, int offset, int count) {
    for (int id = 0; id < count; id++) {
      heap[id] = key(logits[offset + id], id);
    }
    size = count;
    for (int i = size / 2 - 1; i >= 0; i--) {
      sink(i);
    }
  }

  /** Ids left. */
  int remaining() {
    return size;
  }

  /** Takes the best id that is left. */
  int next() {
    long best = heap[0];
    heap[0] = heap[--size];
    sink(0);
    return (int) ~best;
  }

  /** Orders by logit, then by descending id; zeros of both signs are equal. */
  private static long key(float logit, int id) {
    int bits = Float.floatToIntBits(logit + 0.0f);
    int ordered = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    return ((long) ordered << 32) | (~id & 0xFFFF_FFFFL);
  }

  private void sink(int i) {
    long moving = heap[i];
    while (true) {
      int child = 2 * i + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size && heap[child + 1] > heap[child]) {
        child++;
      }
      if (heap[child] <= moving) {
        break;
      }
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = moving;
  }
}
