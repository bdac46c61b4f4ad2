package io.carovana.benchmarks.load;

import java.util.concurrent.atomic.AtomicInteger;

/** Requests that ended in any other way than with a whole answer; there must be none. */
final class Losses {
  private final AtomicInteger count = new AtomicInteger();

  void lost(String what, Throwable why) {
    count.incrementAndGet();
    System.err.println("LOST " + what + ": " + why);
  }

  int count() {
    return count.get();
  }
}
