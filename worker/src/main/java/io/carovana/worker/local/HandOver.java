package io.carovana.worker.local;

import io.carovana.transport.LinkException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The residual stream on its way from one stage to the next, step by step: an urgent step may
 * overtake the one it interrupts, so what is sent is kept under its step number until every rank of
 * the next stage has taken it.
 */
final class HandOver {
  private static final class Parcel {
    float[] hidden = new float[0];
    boolean aborted;
    int takers;
  }

  private final int takers;
  private final Map<Long, Parcel> parcels = new HashMap<>();
  private final ArrayDeque<Parcel> pool = new ArrayDeque<>();
  private @Nullable String broken;

  /** Towards a stage of {@code takers} ranks. */
  HandOver(int takers) {
    this.takers = takers;
  }

  synchronized void send(long step, float[] hidden, int elements, boolean aborted) {
    Parcel pooled = pool.poll();
    Parcel parcel = pooled != null ? pooled : new Parcel();
    parcel.aborted = aborted;
    parcel.takers = takers;
    if (!aborted) {
      if (parcel.hidden.length < elements) {
        parcel.hidden = new float[elements];
      }
      System.arraycopy(hidden, 0, parcel.hidden, 0, elements);
    }
    parcels.put(step, parcel);
    notifyAll();
  }

  synchronized boolean receive(long step, float[] hidden, int elements) {
    Parcel parcel = await(step);
    if (!parcel.aborted) {
      System.arraycopy(parcel.hidden, 0, hidden, 0, elements);
    }
    if (--parcel.takers == 0) {
      parcels.remove(step);
      pool.add(parcel);
    }
    return !parcel.aborted;
  }

  synchronized void breakFor(String reason) {
    broken = reason;
    notifyAll();
  }

  private Parcel await(long step) {
    while (true) {
      Parcel parcel = parcels.get(step);
      if (parcel != null) {
        return parcel;
      }
      if (broken != null) {
        throw new LinkException(broken);
      }
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LinkException("interrupted while waiting for step " + step);
      }
    }
  }
}
