package io.carovana.model.tokenizer;

import java.util.Arrays;

/**
 * Merges one run of symbols: always the pair whose piece scores best, of equals the leftmost, until
 * no pair is a piece. The order is that of SentencePiece's agenda. Short runs look for the best
 * pair by scanning; long ones keep a heap over linked symbols, so that a run of n costs n log n.
 *
 * <p>One use at a time; buffers are kept between runs.
 */
final class Merger {
  /** Rank of pairs that never merge. */
  static final int NEVER = Integer.MAX_VALUE;

  /** Longest run merged by scanning. Runs are words as a rule, too short to repay a heap. */
  private static final int SCAN_LIMIT = 48;

  private static final int INITIAL_CAPACITY = 64;
  private static final int DEAD = -2;

  private final MergeTable merges;

  /** [piece] → position of its score among all scores, best first; NEVER where excluded. */
  private final int[] ranks;

  // One element per symbol of the run. joined and rank describe the pair (symbol, its successor).
  private int[] symbols = new int[INITIAL_CAPACITY];
  private int[] joined = new int[INITIAL_CAPACITY];
  private int[] rank = new int[INITIAL_CAPACITY];
  private int size;

  // Only long runs.
  private int[] previous = new int[0];
  private int[] next = new int[0];
  private long[] heap = new long[0];
  private int heapSize;

  Merger(MergeTable merges, int[] ranks) {
    this.merges = merges;
    this.ranks = ranks;
  }

  /** Appends a symbol to the run. */
  void add(int symbol) {
    if (size == symbols.length) {
      int capacity = Math.addExact(size, size);
      symbols = Arrays.copyOf(symbols, capacity);
      joined = new int[capacity];
      rank = new int[capacity];
    }
    symbols[size++] = symbol;
  }

  /** Symbols of the run: before {@link #merge} as added, after it as merged. */
  int size() {
    return size;
  }

  int symbol(int index) {
    return symbols[index];
  }

  void clear() {
    size = 0;
  }

  /** Merges until nothing merges. */
  void merge() {
    if (size <= SCAN_LIMIT) {
      mergeByScanning();
    } else {
      mergeByHeap();
    }
  }

  private void mergeByScanning() {
    int n = size;
    for (int i = 0; i + 1 < n; i++) {
      pair(i, i + 1);
    }
    while (n > 1) {
      int best = 0;
      for (int i = 1; i < n - 1; i++) {
        if (rank[i] < rank[best]) {
          best = i;
        }
      }
      if (rank[best] == NEVER) {
        break;
      }
      symbols[best] = joined[best];
      int moved = n - best - 2;
      System.arraycopy(symbols, best + 2, symbols, best + 1, moved);
      System.arraycopy(joined, best + 2, joined, best + 1, moved);
      System.arraycopy(rank, best + 2, rank, best + 1, moved);
      n--;
      if (best > 0) {
        pair(best - 1, best);
      }
      if (best + 1 < n) {
        pair(best, best + 1);
      }
    }
    size = n;
  }

  private void mergeByHeap() {
    linkAll();
    while (heapSize > 0) {
      long top = pop();
      int left = (int) top;
      // Of two entries for one place only the one that still describes the pair counts.
      if (symbols[left] == DEAD || rank[left] != (int) (top >>> 32)) {
        continue;
      }
      int right = next[left];
      symbols[left] = joined[left];
      symbols[right] = DEAD;
      next[left] = next[right];
      if (next[left] < size) {
        previous[next[left]] = left;
      }
      offer(left, next[left]);
      if (previous[left] >= 0) {
        offer(previous[left], left);
      }
    }
    int kept = 0;
    for (int i = 0; i < size; i = next[i]) {
      symbols[kept++] = symbols[i];
    }
    size = kept;
  }

  private void linkAll() {
    if (next.length < size) {
      next = new int[symbols.length];
      previous = new int[symbols.length];
      // Each symbol enters one pair, each of at most size - 1 merges two more.
      heap = new long[Math.multiplyExact(3, symbols.length)];
    }
    heapSize = 0;
    for (int i = 0; i < size; i++) {
      previous[i] = i - 1;
      next[i] = i + 1;
    }
    for (int i = 0; i < size; i++) {
      offer(i, i + 1);
    }
  }

  /** Looks the pair up and, if it merges, puts it on the heap. */
  private void offer(int left, int right) {
    if (right >= size) {
      rank[left] = NEVER;
      return;
    }
    pair(left, right);
    if (rank[left] != NEVER) {
      push((long) rank[left] << 32 | left);
    }
  }

  private void pair(int left, int right) {
    int piece = merges.get(symbols[left], symbols[right]);
    joined[left] = piece;
    rank[left] = piece == MergeTable.NONE ? NEVER : ranks[piece];
  }

  private void push(long entry) {
    int at = heapSize++;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (heap[parent] <= entry) {
        break;
      }
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  private long pop() {
    long top = heap[0];
    long moved = heap[--heapSize];
    int at = 0;
    for (int child = 1; child < heapSize; child = 2 * at + 1) {
      if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= moved) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = moved;
    return top;
  }
}
