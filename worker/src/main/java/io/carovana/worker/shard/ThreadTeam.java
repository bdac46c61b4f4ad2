package io.carovana.worker.shard;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of compute threads: the caller is member 0 and leads; members 1..n-1 wait for work,
 * spinning for a fraction of a millisecond and then parked, because several processes share few
 * cores. {@link #run} is a barrier: it returns when every member has done its part, and what they
 * wrote is visible. Nothing is allocated per call.
 */
public final class ThreadTeam implements AutoCloseable {
  /** A piece of work that every member does its fixed part of. */
  @FunctionalInterface
  public interface Work {
    /** Member {@code member} of {@code members} does its part. */
    void part(int member, int members);
  }

  /**
   * How long a member spins before it parks: longer than what one member does alone between two
   * rounds of a step. Parked in between, a virtual processor came back late and slower: a third of
   * the decode speed.
   */
  private static final long SPIN_NS = 300_000;

  /** Spins between two looks at the clock. */
  private static final int SPINS_PER_LOOK = 64;

  /** Counters sit this far apart, so that no two share a cache line. */
  private static final int STRIDE = 16;

  private final int members;
  private final Thread[] helpers;
  private final AtomicLongArray progress;
  private final AtomicLongArray finished;
  private volatile long generation;
  private volatile @Nullable Work work;
  private volatile @Nullable Throwable fault;
  private volatile @Nullable Thread waitingLeader;
  private volatile boolean closed;

  /**
   * Starts the helpers.
   *
   * @param members compute threads, the caller's included
   * @param name prefix of their names
   */
  public ThreadTeam(int members, String name) {
    if (members < 1) {
      throw new IllegalArgumentException("a team needs at least one thread, not " + members);
    }
    this.members = members;
    progress = new AtomicLongArray((members + 1) * STRIDE);
    finished = new AtomicLongArray((members + 1) * STRIDE);
    helpers = new Thread[members - 1];
    for (int i = 0; i < helpers.length; i++) {
      int member = i + 1;
      helpers[i] =
          Thread.ofPlatform().name(name + "-" + member).daemon().start(() -> serve(member));
    }
  }

  /** Number of members. */
  public int members() {
    return members;
  }

  /** Has every member do its part of {@code work}; rethrows what any of them threw. */
  public void run(Work work) {
    if (members == 1) {
      work.part(0, 1);
      return;
    }
    this.work = work;
    long round = generation + 1;
    generation = round;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
    Throwable own = null;
    try {
      work.part(0, members);
    } catch (Throwable e) { // the helpers must be waited for whatever happened here
      own = e;
    }
    awaitHelpers(round);
    Throwable thrown = own != null ? own : fault;
    if (thrown != null) {
      fault = null;
      if (thrown instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      throw new IllegalStateException("a compute thread failed: " + thrown, thrown);
    }
  }

  /** Counts a tile of work done by {@code member}. */
  public void tick(int member) {
    int at = member * STRIDE;
    progress.setOpaque(at, progress.getPlain(at) + 1);
  }

  /** Tiles done by all members; any thread may ask. */
  public long progress() {
    long sum = 0;
    for (int member = 0; member < members; member++) {
      sum += progress.getOpaque(member * STRIDE);
    }
    return sum;
  }

  /** First element of {@code member}'s fixed share of {@code count} elements. */
  public static int share(int count, int member, int members) {
    return (int) ((long) count * member / members);
  }

  @Override
  public void close() {
    closed = true;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
    for (Thread helper : helpers) {
      boolean interrupted = false;
      while (helper.isAlive()) {
        try {
          helper.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void serve(int member) {
    long done = 0;
    while (awaitRound(done)) {
      done++;
      Work current = work;
      try {
        if (current != null) {
          current.part(member, members);
        }
      } catch (Throwable e) { // reported by the leader
        fault = e;
      }
      finished.set(member * STRIDE, done);
      LockSupport.unpark(waitingLeader);
    }
  }

  /** Waits for the round after {@code done}; false when the team is closed. */
  private boolean awaitRound(long done) {
    long spinUntil = System.nanoTime() + SPIN_NS;
    for (int spins = 1; generation == done; spins++) {
      if (closed) {
        return false;
      }
      if (spent(spins, spinUntil)) {
        LockSupport.park(this);
      }
    }
    return true;
  }

  private void awaitHelpers(long round) {
    long spinUntil = System.nanoTime() + SPIN_NS;
    for (int member = 1; member < members; member++) {
      for (int spins = 1; finished.get(member * STRIDE) != round; spins++) {
        if (spent(spins, spinUntil)) {
          waitingLeader = Thread.currentThread();
          if (finished.get(member * STRIDE) != round) {
            LockSupport.park(this);
          }
        }
      }
    }
    waitingLeader = null;
  }

  /** Spins once; whether the time for spinning is over, which is looked up now and then. */
  private static boolean spent(int spins, long until) {
    Thread.onSpinWait();
    return spins % SPINS_PER_LOOK == 0 && System.nanoTime() >= until;
  }
}
