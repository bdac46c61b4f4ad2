package io.carovana.transport;

/**
 * Runs exchanges among the ranks of a stage. While one is not complete it offers frames and polls
 * in turn and never blocks in either, so ranks cannot stop one another by filling their windows.
 */
final class PeerExchange {
  private final Streams streams;
  private final StepStack steps;
  private final Collective collective;

  PeerExchange(Streams streams, StepStack steps, Collective collective) {
    this.streams = streams;
    this.steps = steps;
    this.collective = collective;
  }

  /** Begins the next operation of the running step; the blocks to move are set next. */
  Collective begin(long control) {
    collective.begin(steps.current(), steps.nextOperation(), control);
    return collective;
  }

  /** Moves all blocks of the current phase. */
  void runPhase() {
    boolean done = false;
    while (!done) {
      int work = streams.poll();
      boolean sent = true;
      Outlet[] peers = streams.peers();
      for (int peer = 0; peer < peers.length; peer++) {
        Outlet outlet = peers[peer];
        if (outlet != null) {
          work += send(peer, outlet);
          sent &= collective.outgoing(peer).done() && !outlet.staged();
        }
      }
      done = sent && collective.received();
      if (!done) {
        streams.rest(work);
      }
    }
    streams.rested();
  }

  private int send(int peer, Outlet outlet) {
    int work = 0;
    Block block = collective.outgoing(peer);
    while (outlet.flush() && !block.done()) {
      Frame frame = outlet.begin(Frame.Kind.COLLECTIVE);
      outlet.send(collective.fill(peer, frame));
      work++;
    }
    return work;
  }
}
