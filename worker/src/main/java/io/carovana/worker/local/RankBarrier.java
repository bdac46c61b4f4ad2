package io.carovana.worker.local;

import io.carovana.transport.LinkException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Where the rank threads of one stage meet. Waits by spinning for some microseconds and then
 * parking. A rank that fails breaks the barrier, so that nobody waits for it.
 */
final class RankBarrier {
  private static final long SPIN_NS = 20_000;

  private final int parties;
  private final AtomicInteger arrived = new AtomicInteger();
  private final AtomicReferenceArray<Thread> threads;
  private volatile long round;
  private volatile @Nullable String broken;

  RankBarrier(int parties) {
    this.parties = parties;
    threads = new AtomicReferenceArray<>(parties);
  }

  /** Returns when all parties have arrived; what they wrote before is visible. */
  void await(int party) {
    if (parties == 1) {
      return;
    }
    threads.set(party, Thread.currentThread());
    long current = round;
    if (arrived.incrementAndGet() == parties) {
      arrived.set(0);
      round = current + 1;
      wakeAll();
      return;
    }
    long spinUntil = System.nanoTime() + SPIN_NS;
    while (round == current) {
      String reason = broken;
      if (reason != null) {
        throw new LinkException(reason);
      }
      if (System.nanoTime() < spinUntil) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
      }
    }
  }

  /** Makes everyone who waits, or will, fail with {@code reason}. */
  void breakFor(String reason) {
    broken = reason;
    wakeAll();
  }

  private void wakeAll() {
    for (int i = 0; i < parties; i++) {
      LockSupport.unpark(threads.get(i));
    }
  }
}
