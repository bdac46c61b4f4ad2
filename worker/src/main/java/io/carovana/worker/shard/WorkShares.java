package io.carovana.worker.shard;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The units of one round of a {@link ThreadTeam}: every member takes those of its own stretch in
 * ascending order, so that it reads one stretch of memory, and when they are gone the last ones of
 * the others. A core that is slower, or is taken away for a while, so holds nobody up for more than
 * a unit. Nothing is allocated per round.
 */
final class WorkShares {
  /** Stretches sit this far apart, so that no two share a cache line. */
  private static final int STRIDE = 16;

  private static final int NONE = -1;

  private final int members;

  /** First unit that is left above, end of those that are left below. */
  private final AtomicLongArray stretches;

  WorkShares(int members) {
    this.members = members;
    stretches = new AtomicLongArray((members + 1) * STRIDE);
  }

  /** Deals units {@code [0, units)}; between rounds only. */
  void deal(int units) {
    for (int member = 0; member < members; member++) {
      int from = ThreadTeam.share(units, member, members);
      int to = ThreadTeam.share(units, member + 1, members);
      stretches.set(member * STRIDE, stretch(from, to));
    }
  }

  /** The next unit for {@code member}, or a negative number when none is left. */
  int next(int member) {
    int unit = take(member, true);
    for (int i = 1; unit == NONE && i < members; i++) {
      unit = take((member + i) % members, false);
    }
    return unit;
  }

  private int take(int owner, boolean first) {
    int at = owner * STRIDE;
    while (true) {
      long stretch = stretches.get(at);
      int from = (int) (stretch >>> Integer.SIZE);
      int to = (int) stretch;
      if (from >= to) {
        return NONE;
      }
      long rest = first ? stretch(from + 1, to) : stretch(from, to - 1);
      if (stretches.compareAndSet(at, stretch, rest)) {
        return first ? from : to - 1;
      }
    }
  }

  private static long stretch(int from, int to) {
    return (long) from << Integer.SIZE | to;
  }
}
