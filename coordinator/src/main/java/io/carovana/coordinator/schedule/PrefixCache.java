package io.carovana.coordinator.schedule;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which KV pages hold which tokens. A block is a full page of computed positions; it is named by
 * its tokens and the block before it, so two sequences share a block exactly if they agree on
 * everything up to its end. Names are compared token by token, never by hash alone. By the numerics
 * contract it does not matter who computed a block.
 *
 * <p>Only full pages are shared, so no one ever writes to a shared page: where others copy a page
 * on write, here at most {@code PAGE_TOKENS} positions at the end of a shared prefix are computed
 * again.
 *
 * <p>Who refers to a block refers to all before it, and lets go of it before them. So the pool,
 * which gives away first what was let go first, never takes a block from under another.
 */
final class PrefixCache {
  /** Number of the block before the first. */
  static final long ROOT = 0;

  /** A block's name. */
  private record Name(long parent, int[] tokens) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Name name
          && parent == name.parent
          && Arrays.equals(tokens, name.tokens);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(tokens) * 31 + Long.hashCode(parent);
    }
  }

  private record Block(long number, Name name, int page) {}

  private final boolean enabled;
  private final Map<Name, Block> blocks = new HashMap<>();
  private final @Nullable Block[] ofPage;
  private final KvPool pool;
  private long numbers = ROOT;

  /** A cache over an empty pool of {@code pages}; one that is not enabled never finds anything. */
  PrefixCache(int pages, boolean enabled) {
    this.enabled = enabled;
    ofPage = new Block[pages];
    pool = new KvPool(pages, this::forget);
  }

  /** Rises with every block that is entered. */
  long entered() {
    return numbers;
  }

  boolean enabled() {
    return enabled;
  }

  KvPool pool() {
    return pool;
  }

  /**
   * Pages that hold the beginning of a sequence that has none yet. At least one of its positions is
   * left to compute, and all of them if log-probabilities of its prompt are wanted.
   *
   * @return one page for each full block found, from the first on
   */
  int[] find(Sequence sequence) {
    if (!enabled || sequence.wantsPromptRows()) {
      return new int[0];
    }
    int most = (sequence.length - 1) / KvPool.PAGE_TOKENS;
    int[] pages = new int[most];
    long parent = ROOT;
    for (int i = 0; i < most; i++) {
      Block block = blocks.get(name(parent, sequence, i));
      if (block == null) {
        return Arrays.copyOf(pages, i);
      }
      pages[i] = block.page;
      parent = block.number;
    }
    return pages;
  }

  /** Gives a sequence the pages that were found for it. */
  void share(Sequence sequence, int[] pages) {
    for (int page : pages) {
      pool.retain(page);
      sequence.addPage(page);
      Block block = ofPage[page];
      if (block == null) {
        throw new IllegalStateException("KV page " + page + " holds no block");
      }
      sequence.lastBlock = block.number;
    }
    sequence.blocks = pages.length;
    sequence.computed = pages.length * KvPool.PAGE_TOKENS;
    sequence.rewind();
  }

  /**
   * Enters the blocks that a sequence has computed. Where another was first, the sequence takes its
   * page, so that both refer to one; not while a step that uses its own is under way.
   */
  void enter(Sequence sequence) {
    while (enabled && (sequence.blocks + 1) * KvPool.PAGE_TOKENS <= sequence.computed) {
      int i = sequence.blocks;
      int page = sequence.pages[i];
      Name name = name(sequence.lastBlock, sequence, i);
      Block block = blocks.get(name);
      if (block == null) {
        block = new Block(++numbers, name, page);
        blocks.put(name, block);
        ofPage[page] = block;
        pool.keep(page);
      } else if (sequence.inFlight > 0) {
        return;
      } else {
        pool.retain(block.page);
        pool.release(page);
        sequence.pages[i] = block.page;
      }
      sequence.lastBlock = block.number;
      sequence.blocks++;
    }
  }

  /** Takes all pages of a sequence, the last one first. */
  void release(Sequence sequence) {
    for (int i = sequence.pageCount - 1; i >= 0; i--) {
      pool.release(sequence.pages[i]);
    }
    sequence.pageCount = 0;
    sequence.blocks = 0;
    sequence.lastBlock = ROOT;
  }

  private void forget(int page) {
    Block block = ofPage[page];
    if (block != null) {
      ofPage[page] = null;
      blocks.remove(block.name);
    }
  }

  private static Name name(long parent, Sequence sequence, int index) {
    int from = index * KvPool.PAGE_TOKENS;
    return new Name(parent, Arrays.copyOfRange(sequence.tokens, from, from + KvPool.PAGE_TOKENS));
  }
}
