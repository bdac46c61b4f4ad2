package io.carovana.transport;

import org.jspecify.annotations.Nullable;

/**
 * Residual streams from the previous stage that wait for their step. They may come before the step
 * that takes them, and in another order when an urgent step overtakes a running one.
 */
final class HandOvers {
  private final int maxElements;
  private final Slot[] slots;

  /** One residual stream. */
  static final class Slot {
    private boolean used;
    private long step;
    private int total;
    private int received;
    private boolean aborted;
    private float[] data = new float[0];

    boolean complete() {
      return received == total;
    }

    boolean aborted() {
      return aborted;
    }

    int total() {
      return total;
    }

    /** {@code [total]}. */
    float[] data() {
      return data;
    }

    void release() {
      used = false;
    }
  }

  /**
   * Room for {@code slots} streams of at most {@code maxElements} floats, allocated when needed.
   */
  HandOvers(int slots, int maxElements) {
    this.maxElements = maxElements;
    this.slots = new Slot[slots];
    for (int i = 0; i < slots; i++) {
      this.slots[i] = new Slot();
    }
  }

  /** The stream of {@code step} as far as it has come, or null. */
  @Nullable Slot find(long step) {
    for (Slot slot : slots) {
      if (slot.used && slot.step == step) {
        return slot;
      }
    }
    return null;
  }

  /**
   * Takes a part of a stream.
   *
   * @return false while all slots are taken by other steps
   */
  boolean accept(Frame frame) {
    Slot slot = find(frame.step());
    if (slot == null) {
      if (frame.fragment() != 0) {
        throw new LinkException("a hand-over of step " + frame.step() + " begins in the middle");
      }
      slot = free();
      if (slot == null) {
        return false;
      }
      begin(slot, frame);
    }
    int at = frame.fragment() * Frame.MAX_PAYLOAD_FLOATS;
    int length = Math.min(slot.total - slot.received, Frame.MAX_PAYLOAD_FLOATS);
    if (at != slot.received || frame.payloadBytes() != length * Float.BYTES) {
      throw new LinkException("a hand-over of step " + frame.step() + " does not add up");
    }
    frame.floats().get(0, slot.data, at, length);
    slot.received += length;
    return true;
  }

  private void begin(Slot slot, Frame frame) {
    int total = frame.total();
    if (total < 0 || total > maxElements) {
      throw new LinkException(
          "a hand-over of " + total + " floats exceeds the limit of " + maxElements);
    }
    if (slot.data.length < total) {
      slot.data = new float[total];
    }
    slot.used = true;
    slot.step = frame.step();
    slot.total = total;
    slot.received = 0;
    slot.aborted = frame.aborted();
  }

  private @Nullable Slot free() {
    Slot best = null;
    for (Slot slot : slots) {
      if (!slot.used && (best == null || slot.data.length > best.data.length)) {
        best = slot;
      }
    }
    return best;
  }
}
