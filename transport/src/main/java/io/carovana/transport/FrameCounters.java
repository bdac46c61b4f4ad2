package io.carovana.transport;

import java.util.concurrent.atomic.AtomicLongArray;

/** Frames dropped since an epoch began, by reason. Any thread may read. */
public final class FrameCounters {
  private final AtomicLongArray dropped = new AtomicLongArray(Rejection.values().length);

  void drop(Rejection reason) {
    dropped.getAndIncrement(reason.ordinal());
  }

  /** Frames dropped for {@code reason}. */
  public long dropped(Rejection reason) {
    return dropped.get(reason.ordinal());
  }

  /** Frames dropped for any reason but {@link Rejection#EPOCH}. */
  public long droppedOther() {
    long sum = 0;
    for (int reason = 0; reason < dropped.length(); reason++) {
      sum += dropped.get(reason);
    }
    return sum - dropped(Rejection.EPOCH);
  }
}
