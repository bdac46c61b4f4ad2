package io.carovana.coordinator.schedule;

import io.carovana.model.Numerics;

/**
 * Pages of the KV cache, the same on every rank. Each page is counted by who refers to it and is
 * free again when nobody does, so sequences can come to share pages.
 */
final class KvPool {
  /** Positions per page. */
  static final int PAGE_TOKENS = Numerics.KV_PAGE_TOKENS;

  private final int[] references;
  private final int[] free;
  private int freeCount;

  KvPool(int pages) {
    references = new int[pages];
    free = new int[pages];
    for (int i = 0; i < pages; i++) {
      free[i] = pages - 1 - i;
    }
    freeCount = pages;
  }

  /** Pages that cover {@code positions}. */
  static int pagesFor(long positions) {
    return Math.toIntExact((positions + PAGE_TOKENS - 1) / PAGE_TOKENS);
  }

  int total() {
    return references.length;
  }

  int free() {
    return freeCount;
  }

  /** Takes a free page with one reference; the caller has looked at {@link #free}. */
  int take() {
    if (freeCount == 0) {
      throw new IllegalStateException("no free KV page");
    }
    int page = free[--freeCount];
    references[page] = 1;
    return page;
  }

  /** Adds a reference to a page in use. */
  void retain(int page) {
    requireUsed(page);
    references[page]++;
  }

  /** Drops a reference; the last one frees the page. */
  void release(int page) {
    requireUsed(page);
    if (--references[page] == 0) {
      free[freeCount++] = page;
    }
  }

  private void requireUsed(int page) {
    if (references[page] == 0) {
      throw new IllegalStateException("KV page " + page + " is not in use");
    }
  }
}
