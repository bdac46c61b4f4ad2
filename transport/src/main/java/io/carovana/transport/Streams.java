package io.carovana.transport;

import io.carovana.transport.Endpoint.Lane;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * A rank's streams, and how it waits on them: by polling the inbound one, resting between, and
 * giving up when the process shuts down or a peer is gone.
 */
final class Streams implements AutoCloseable {
  private final int tpRank;
  private final int sources;
  private final Inlet inlet;
  private final @Nullable Outlet[] peers;
  private final List<Outlet> next = new ArrayList<>();
  private final IdleStrategy idle = GradualIdle.forExchange();
  private long waitedNs;
  private volatile boolean waiting;
  private volatile boolean shutdown;

  /**
   * Opens them.
   *
   * @param place who the rank's peers are
   * @param receiver takes inbound frames; its sources are the peers by tensor-parallel rank and, as
   *     the last, the previous stage
   */
  Streams(AeronNode node, Place place, FrameCounters counters, Inlet.Receiver receiver) {
    tpRank = place.tpRank();
    sources = place.tpSize() + 1;
    peers = new @Nullable Outlet[place.tpSize()];
    int rank = place.rank();
    inlet = new Inlet(node, Lane.TENSORS, place.epoch(), rank, sources, counters, receiver);
    try {
      for (int peer = 0; peer < peers.length; peer++) {
        if (peer != tpRank) {
          peers[peer] = outlet(node, place, place.firstRank() + peer);
        }
      }
      for (int receiverRank : place.nextRanks()) {
        next.add(outlet(node, place, receiverRank));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private static Outlet outlet(AeronNode node, Place place, int to) {
    Endpoint endpoint = place.topology().ranks().get(to).endpoint();
    int termBytes = DriverSettings.TENSOR_TERM_BYTES;
    return new Outlet(node, endpoint, Lane.TENSORS, termBytes, place.epoch(), place.rank(), to);
  }

  /** To each rank of the stage; null for this one. */
  @Nullable Outlet[] peers() {
    return peers;
  }

  /** To the ranks of the next stage that this one serves. */
  List<Outlet> next() {
    return next;
  }

  /** Takes in what has arrived. */
  int poll() {
    return inlet.poll();
  }

  /** Rests if the caller's last round did nothing. */
  void rest(int work) {
    if (work == 0) {
      checkOpen();
    }
    idle.idle(work);
  }

  /** What the caller waited for has happened. */
  void rested() {
    idle.reset();
  }

  void awaitFlushed(Outlet outlet) {
    while (!outlet.flush()) {
      rest(poll());
    }
    rested();
  }

  /**
   * Requires that waiting makes sense.
   *
   * @throws LinkException if this rank shuts down or a peer is gone
   */
  void checkOpen() {
    requireRunning();
    for (int source = 0; source < sources; source++) {
      inlet.requireAlive(source);
    }
  }

  /**
   * An operation begins; {@link #leave} takes what this returns.
   *
   * @throws LinkException if this rank shuts down
   */
  long enter() {
    requireRunning();
    waiting = true;
    return System.nanoTime();
  }

  /** So that a step ends at its next operation, even one that has nobody to wait for. */
  void requireRunning() {
    if (shutdown) {
      throw new LinkException("this rank is shutting down");
    }
  }

  void leave(long enteredNs) {
    waitedNs += System.nanoTime() - enteredNs;
    waiting = false;
  }

  /** Time spent in operations. */
  long waitedNs() {
    return waitedNs;
  }

  /** Whether an operation runs; any thread may ask. */
  boolean waiting() {
    return waiting;
  }

  /** Makes every wait end; any thread may call. */
  void shutdown() {
    shutdown = true;
  }

  @Override
  public void close() {
    inlet.close();
    for (Outlet outlet : peers) {
      if (outlet != null) {
        outlet.close();
      }
    }
    next.forEach(Outlet::close);
  }
}
