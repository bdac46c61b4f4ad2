package io.carovana.transport;

/** A rank's dealings with the stages before and after its own. */
final class StageLinks {
  private final Streams streams;
  private final StepStack steps;
  private final HandOvers handOvers;

  StageLinks(Streams streams, StepStack steps, HandOvers handOvers) {
    this.streams = streams;
    this.steps = steps;
    this.handOvers = handOvers;
  }

  /** As {@link RankLinks#sendToNextStage}. */
  void send(float[] hidden, int elements, boolean aborted) {
    int total = aborted ? 0 : elements;
    for (Outlet outlet : streams.next()) {
      int fragments = Math.max(1, Math.ceilDiv(total, Frame.MAX_PAYLOAD_FLOATS));
      for (int fragment = 0; fragment < fragments; fragment++) {
        int at = fragment * Frame.MAX_PAYLOAD_FLOATS;
        int length = Math.min(Frame.MAX_PAYLOAD_FLOATS, total - at);
        Frame frame = outlet.begin(Frame.Kind.HAND_OVER);
        frame.operation(steps.current(), 0, 0, 0).part(fragment, total);
        frame.flags(aborted ? Frame.ABORTED : 0).floats().put(0, hidden, at, length);
        outlet.send(length * Float.BYTES);
        streams.awaitFlushed(outlet);
      }
    }
  }

  /** As {@link RankLinks#receiveFromPreviousStage}. */
  boolean receive(float[] hidden, int elements) {
    HandOvers.Slot slot = handOvers.find(steps.current());
    while (slot == null || !slot.complete()) {
      streams.rest(streams.poll());
      slot = handOvers.find(steps.current());
    }
    streams.rested();
    boolean aborted = slot.aborted();
    if (!aborted) {
      if (slot.total() != elements) {
        throw new LinkException(
            "the previous stage handed over " + slot.total() + " floats, not " + elements);
      }
      System.arraycopy(slot.data(), 0, hidden, 0, elements);
    }
    slot.release();
    return !aborted;
  }

  /** Whether the hand-over of {@code step} has begun to arrive. */
  boolean handedOver(long step) {
    return handOvers.find(step) != null;
  }

  /** Tells the stage's other ranks which step is next. */
  void announce(long step) {
    for (Outlet outlet : streams.peers()) {
      if (outlet != null) {
        outlet.begin(Frame.Kind.NEXT_STEP).operation(step, 0, 0, 0);
        outlet.send(0);
        streams.awaitFlushed(outlet);
      }
    }
  }
}
