package io.carovana.coordinator.schedule;

import io.carovana.model.Numerics;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Pages of the KV cache, the same on every rank. Each page is counted by who refers to it. A page
 * that nobody refers to is free, also if the prefix cache keeps a finished block in it: such a page
 * goes last, and of several the one that was let go first.
 */
final class KvPool {
  /** Positions per page. */
  static final int PAGE_TOKENS = Numerics.KV_PAGE_TOKENS;

  private static final int NONE = -1;

  private final IntConsumer evicted;
  private final int[] references;
  private final boolean[] kept;
  private final int[] empty;
  private int emptyCount;

  // Kept pages that nobody refers to, in the order in which they were let go.
  private final int[] before;
  private final int[] after;
  private int first = NONE;
  private int last = NONE;
  private int idleCount;

  /**
   * @param evicted told of a kept page that is given to somebody else
   */
  KvPool(int pages, IntConsumer evicted) {
    this.evicted = evicted;
    references = new int[pages];
    kept = new boolean[pages];
    empty = new int[pages];
    before = new int[pages];
    after = new int[pages];
    for (int i = 0; i < pages; i++) {
      empty[i] = pages - 1 - i;
    }
    emptyCount = pages;
    Arrays.fill(before, NONE);
    Arrays.fill(after, NONE);
  }

  /** Pages that cover {@code positions}. */
  static int pagesFor(long positions) {
    return Math.toIntExact((positions + PAGE_TOKENS - 1) / PAGE_TOKENS);
  }

  int total() {
    return references.length;
  }

  /** Pages that nobody refers to. */
  int free() {
    return emptyCount + idleCount;
  }

  /** Of the free pages, those that hold a finished block. */
  int cached() {
    return idleCount;
  }

  /** Whether nobody refers to a page. */
  boolean isFree(int page) {
    return references[page] == 0;
  }

  /** Takes a free page with one reference; the caller has looked at {@link #free}. */
  int take() {
    int page;
    if (emptyCount > 0) {
      page = empty[--emptyCount];
    } else if (first != NONE) {
      page = first;
      unlink(page);
      kept[page] = false;
      evicted.accept(page);
    } else {
      throw new IllegalStateException("no free KV page");
    }
    references[page] = 1;
    return page;
  }

  /** Keeps what a page in use holds, also when nobody refers to it any more. */
  void keep(int page) {
    requireUsed(page);
    kept[page] = true;
  }

  /** Adds a reference to a page in use, or to a kept one. */
  void retain(int page) {
    if (references[page] == 0) {
      if (!kept[page]) {
        throw new IllegalStateException("KV page " + page + " holds nothing");
      }
      unlink(page);
    }
    references[page]++;
  }

  /** Drops a reference; the last one frees the page. */
  void release(int page) {
    requireUsed(page);
    if (--references[page] > 0) {
      return;
    }
    if (kept[page]) {
      append(page);
    } else {
      empty[emptyCount++] = page;
    }
  }

  private void append(int page) {
    before[page] = last;
    after[page] = NONE;
    if (last == NONE) {
      first = page;
    } else {
      after[last] = page;
    }
    last = page;
    idleCount++;
  }

  private void unlink(int page) {
    int previous = before[page];
    int next = after[page];
    if (previous == NONE) {
      first = next;
    } else {
      after[previous] = next;
    }
    if (next == NONE) {
      last = previous;
    } else {
      before[next] = previous;
    }
    idleCount--;
  }

  private void requireUsed(int page) {
    if (references[page] == 0) {
      throw new IllegalStateException("KV page " + page + " is not in use");
    }
  }
}
