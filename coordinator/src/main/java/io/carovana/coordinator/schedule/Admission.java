package io.carovana.coordinator.schedule;

import java.util.Collection;
import java.util.TreeMap;

/**
 * Who holds KV pages. Requests are admitted first come, first served, when the pool has room for
 * the tokens they have; they grow page by page. When the pool runs dry the youngest gives its pages
 * up and is computed again later, so the oldest always comes to its end, and with it all.
 */
final class Admission {
  private final TreeMap<Long, Sequence> queued = new TreeMap<>();
  private final TreeMap<Long, Sequence> running = new TreeMap<>();
  private KvPool pool = new KvPool(0);
  private int maxSequences;
  private int pagesOfEnded;

  /** Begins with an empty pool; nothing is running. */
  void begin(int kvPages, int maxSequences) {
    if (!running.isEmpty()) {
      throw new IllegalStateException(running.size() + " sequences of the last epoch still run");
    }
    this.pool = new KvPool(kvPages);
    this.maxSequences = maxSequences;
    this.pagesOfEnded = 0;
  }

  Collection<Sequence> running() {
    return running.values();
  }

  Collection<Sequence> queued() {
    return queued.values();
  }

  KvPool pool() {
    return pool;
  }

  void enqueue(Sequence sequence) {
    queued.put(sequence.number, sequence);
  }

  /**
   * Admits from the head of the queue what fits.
   *
   * @param ended requests ended so far; an evicted one waits for that to rise
   */
  void admit(long ended) {
    while (!queued.isEmpty() && running.size() < maxSequences) {
      Sequence head = queued.firstEntry().getValue();
      boolean tooSoon = head.evictedAt == ended && !running.isEmpty();
      int needed = KvPool.pagesFor(head.length);
      if (tooSoon || needed > pool.free()) {
        return;
      }
      queued.remove(head.number);
      running.put(head.number, head);
      head.state = Sequence.State.RUNNING;
      while (head.pageCount < needed) {
        head.addPage(pool.take());
      }
    }
  }

  /**
   * Makes sure that the pages of a sequence cover all its tokens.
   *
   * @param ended requests ended so far
   * @return false if it has to wait for pages, or was evicted itself
   */
  boolean cover(Sequence sequence, long ended) {
    int needed = KvPool.pagesFor(sequence.length);
    while (sequence.pageCount < needed) {
      if (pool.free() > 0) {
        sequence.addPage(pool.take());
      } else if (pagesOfEnded > 0) {
        return false;
      } else {
        Sequence youngest = running.lastEntry().getValue();
        if (youngest.inFlight > 0) {
          youngest.evicting = true;
          return false;
        }
        evict(youngest, ended);
        if (youngest == sequence) {
          return false;
        }
      }
    }
    return true;
  }

  /** Takes in that a sequence has ended; its pages stay until no step uses them. */
  void ended(Sequence sequence) {
    queued.remove(sequence.number);
    running.remove(sequence.number);
    if (sequence.inFlight > 0) {
      pagesOfEnded += sequence.pageCount;
    } else {
      releasePages(sequence);
    }
  }

  /** Takes in that no step uses the sequence any more. */
  void settled(Sequence sequence, long ended) {
    if (sequence.state == Sequence.State.ENDED) {
      pagesOfEnded -= sequence.pageCount;
      releasePages(sequence);
    } else if (sequence.evicting) {
      evict(sequence, ended);
    }
  }

  private void evict(Sequence sequence, long ended) {
    running.remove(sequence.number);
    releasePages(sequence);
    sequence.state = Sequence.State.QUEUED;
    sequence.evicting = false;
    sequence.evictedAt = ended;
    sequence.computed = 0;
    sequence.rewind();
    enqueue(sequence);
  }

  private void releasePages(Sequence sequence) {
    for (int i = 0; i < sequence.pageCount; i++) {
      pool.release(sequence.pages[i]);
    }
    sequence.pageCount = 0;
  }
}
