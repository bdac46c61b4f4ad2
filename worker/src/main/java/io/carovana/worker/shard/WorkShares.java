package io.carovana.worker.shard;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The units of one round of a {@link ThreadTeam}: every member takes those of its own stretch in
 * ascending order, so that it reads one stretch of memory, and when they are gone the last ones of
 * the others. A core that is slower, or is taken away for a while, so holds nobody up for long.
 * Units are taken several at a time, fewer towards the end: taking is a fence, behind which a core
 * does not read ahead. Nothing is allocated per round.
 */
final class WorkShares {
  /** Stretches sit this far apart, so that no two share a cache line. */
  private static final int STRIDE = 16;

  private static final int NONE = -1;

  /** A member takes this part of what is left of its stretch. */
  private static final int PART = 16;

  private final int members;

  /** First unit that is left above, end of those that are left below. */
  private final AtomicLongArray stretches;

  /** By member, {@code [STRIDE]}: the next unit of those that it has taken, and their end. */
  private final int[] taken;

  WorkShares(int members) {
    this.members = members;
    stretches = new AtomicLongArray((members + 1) * STRIDE);
    taken = new int[(members + 1) * STRIDE];
  }

  /** Deals units {@code [0, units)}; between rounds only. */
  void deal(int units) {
    for (int member = 0; member < members; member++) {
      int from = ThreadTeam.share(units, member, members);
      int to = ThreadTeam.share(units, member + 1, members);
      stretches.set(member * STRIDE, stretch(from, to));
      taken[member * STRIDE] = 0;
      taken[member * STRIDE + 1] = 0;
    }
  }

  /** The next unit for {@code member}, or a negative number when none is left. */
  int next(int member) {
    int at = member * STRIDE;
    if (taken[at] < taken[at + 1]) {
      return taken[at]++;
    }
    return takeFirst(member) || steal(member) ? taken[at]++ : NONE;
  }

  /** Takes from the begin of the own stretch. */
  private boolean takeFirst(int member) {
    while (true) {
      long stretch = stretches.get(member * STRIDE);
      int from = from(stretch);
      int to = to(stretch);
      if (from >= to) {
        return false;
      }
      int end = from + 1 + (to - from) / PART;
      if (stretches.compareAndSet(member * STRIDE, stretch, stretch(end, to))) {
        return note(member, from, end);
      }
    }
  }

  /** Takes the last unit of another's stretch. */
  private boolean steal(int member) {
    for (int i = 1; i < members; i++) {
      int at = (member + i) % members * STRIDE;
      long stretch = stretches.get(at);
      while (from(stretch) < to(stretch)) {
        int last = to(stretch) - 1;
        if (stretches.compareAndSet(at, stretch, stretch(from(stretch), last))) {
          return note(member, last, last + 1);
        }
        stretch = stretches.get(at);
      }
    }
    return false;
  }

  private boolean note(int member, int from, int to) {
    taken[member * STRIDE] = from;
    taken[member * STRIDE + 1] = to;
    return true;
  }

  private static int from(long stretch) {
    return (int) (stretch >>> Integer.SIZE);
  }

  private static int to(long stretch) {
    return (int) stretch;
  }

  private static long stretch(int from, int to) {
    return (long) from << Integer.SIZE | to;
  }
}
