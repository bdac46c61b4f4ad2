package io.carovana.coordinator.schedule;

import java.util.Arrays;
import java.util.Collection;
import java.util.TreeMap;

/**
 * Who holds KV pages. Requests are admitted by turns, when the pool has room for the tokens they
 * have beyond what the prefix cache holds; they grow page by page. When the pool runs dry the
 * youngest gives its pages up and is computed again later, so the oldest always comes to its end,
 * and with it all.
 *
 * <p>A request waits for one that is just reading the same beginning, so that it is read once.
 */
final class Admission {
  /** Shorter common beginnings are not waited for. */
  static final int WORTH_WAITING_TOKENS = 256;

  /** Requests that may start before one whose turn it was and who waits for pages. */
  static final int MOST_OVERTAKING = 64;

  /** A token that is generated costs about twice a token that is read. */
  private static final double GENERATED_WEIGHT = 2;

  private final FairQueue queue = new FairQueue();
  private final TreeMap<Long, Sequence> running = new TreeMap<>();
  private PrefixCache cache = new PrefixCache(0, false);
  private int maxSequences;
  private int pagesOfEnded;
  private long evictions;

  /** Begins with an empty pool; nothing is running. */
  void begin(EngineLimits limits) {
    if (!running.isEmpty()) {
      throw new IllegalStateException(running.size() + " sequences of the last epoch still run");
    }
    this.cache = new PrefixCache(limits.kvPages(), limits.prefixCache());
    this.maxSequences = limits.maxSequences();
    this.pagesOfEnded = 0;
    queue.all().forEach(sequence -> sequence.freeWhenRefused = -1);
  }

  Collection<Sequence> running() {
    return running.values();
  }

  Collection<Sequence> queued() {
    return queue.all();
  }

  int waiting() {
    return queue.size();
  }

  KvPool pool() {
    return cache.pool();
  }

  /** Sequences that gave their pages up, since the process began. */
  long evictions() {
    return evictions;
  }

  void enqueue(Sequence sequence) {
    queue.add(sequence);
  }

  /**
   * Admits by turns what fits. One whose turn it is and who waits for pages is overtaken by others
   * that do not, but not for ever.
   *
   * @param ended requests ended so far; an evicted one waits for that to rise
   */
  void admit(long ended) {
    while (queue.size() > 0 && running.size() < maxSequences) {
      Sequence next = queue.next(sequence -> !readElsewhere(sequence));
      boolean tooSoon = next != null && next.evictedAt == ended && !running.isEmpty();
      if (next == null || tooSoon || (!admit(next) && !overtake(next))) {
        return;
      }
    }
  }

  /** Lets somebody who needs few pages pass one who waits for many. */
  private boolean overtake(Sequence waiting) {
    if (waiting.overtaken == MOST_OVERTAKING) {
      return false;
    }
    int free = pool().free();
    Sequence other =
        queue.next(
            sequence ->
                KvPool.pagesFor(sequence.length) <= free
                    && sequence.evictedAt < 0
                    && !readElsewhere(sequence));
    if (other == null || !admit(other)) {
      return false;
    }
    waiting.overtaken++;
    return true;
  }

  /** Starts a sequence if there are pages for it. */
  private boolean admit(Sequence sequence) {
    int free = pool().free();
    if (free == sequence.freeWhenRefused && cache.entered() == sequence.enteredWhenRefused) {
      return false; // nothing has changed, and looking up a long prompt takes a while
    }
    int[] shared = cache.find(sequence);
    int needed = KvPool.pagesFor(sequence.length) - shared.length;
    long idle = Arrays.stream(shared).filter(pool()::isFree).count();
    if (needed > free - idle) {
      sequence.freeWhenRefused = free;
      sequence.enteredWhenRefused = cache.entered();
      return false;
    }
    queue.start(sequence);
    start(sequence, shared, needed);
    return true;
  }

  private void start(Sequence sequence, int[] shared, int needed) {
    running.put(sequence.number, sequence);
    sequence.state = Sequence.State.RUNNING;
    cache.share(sequence, shared);
    for (int i = 0; i < needed; i++) {
      sequence.addPage(pool().take());
    }
    sequence.admitted();
    queue.charge(sequence, sequence.length - sequence.computed);
  }

  /** Whether another sequence is just reading a long beginning that this one shares with it. */
  private boolean readElsewhere(Sequence sequence) {
    Sequence reader = sequence.reader;
    if (reader == null || !reads(reader, sequence.commonWithReader)) {
      sequence.reader = null;
      findReader(sequence);
    }
    return sequence.reader != null;
  }

  private void findReader(Sequence sequence) {
    if (!cache.enabled() || sequence.wantsPromptRows()) {
      return;
    }
    for (Sequence other : running.values()) {
      int common = common(sequence, other);
      if (reads(other, common) && common - entered(other) >= WORTH_WAITING_TOKENS) {
        sequence.reader = other;
        sequence.commonWithReader = common;
        return;
      }
    }
  }

  private boolean reads(Sequence reader, int upTo) {
    return running.get(reader.number) == reader && entered(reader) < upTo;
  }

  private static int entered(Sequence sequence) {
    return sequence.blocks * KvPool.PAGE_TOKENS;
  }

  /** Positions from the first on that two sequences can share. */
  private static int common(Sequence a, Sequence b) {
    int shorter = Math.min(a.length, b.length);
    int same = Arrays.mismatch(a.tokens, 0, shorter, b.tokens, 0, shorter);
    int common = Math.min(same < 0 ? shorter : same, a.length - 1);
    return common - common % KvPool.PAGE_TOKENS;
  }

  /** Counts a token that was generated. */
  void generated(Sequence sequence) {
    queue.charge(sequence, GENERATED_WEIGHT);
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
      if (pool().free() > 0) {
        sequence.addPage(pool().take());
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

  /** How many guesses the pages of a sequence can take, with free pages beside; evicts nobody. */
  int coverGuesses(Sequence sequence, int most) {
    int needed = KvPool.pagesFor((long) sequence.length + most);
    while (sequence.pageCount < needed && pool().free() > 0) {
      sequence.addPage(pool().take());
    }
    return Math.min(most, sequence.pageCount * KvPool.PAGE_TOKENS - sequence.length);
  }

  /** Takes in that more positions of a running sequence are computed. */
  void computed(Sequence sequence) {
    cache.enter(sequence);
  }

  /** Takes in that a sequence has ended; its pages stay until no step uses them. */
  void ended(Sequence sequence) {
    queue.remove(sequence);
    boolean ran = running.remove(sequence.number, sequence);
    if (sequence.inFlight > 0) {
      pagesOfEnded += sequence.pageCount;
    } else if (ran) {
      release(sequence);
    }
  }

  /** Takes in that no step uses the sequence any more. */
  void settled(Sequence sequence, long ended) {
    if (sequence.state == Sequence.State.ENDED) {
      pagesOfEnded -= sequence.pageCount;
      release(sequence);
    } else if (sequence.evicting) {
      evict(sequence, ended);
    } else {
      cache.enter(sequence);
    }
  }

  private void evict(Sequence sequence, long ended) {
    running.remove(sequence.number);
    release(sequence);
    sequence.state = Sequence.State.QUEUED;
    sequence.evicting = false;
    sequence.evictedAt = ended;
    sequence.computed = 0;
    sequence.rewind();
    queue.giveBack(sequence);
    evictions++;
  }

  /** What was computed stays in the cache until its pages are needed. */
  private void release(Sequence sequence) {
    cache.enter(sequence);
    cache.release(sequence);
  }
}
