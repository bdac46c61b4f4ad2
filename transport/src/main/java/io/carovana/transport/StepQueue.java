package io.carovana.transport;

/** A bounded queue of step numbers. */
final class StepQueue {
  private final long[] steps;
  private int head;
  private int size;

  StepQueue(int capacity) {
    steps = new long[capacity];
  }

  boolean offer(long step) {
    if (size == steps.length) {
      return false;
    }
    steps[(head + size++) % steps.length] = step;
    return true;
  }

  /** The oldest, or 0 if there is none. */
  long poll() {
    if (size == 0) {
      return 0;
    }
    long step = steps[head];
    head = (head + 1) % steps.length;
    size--;
    return step;
  }
}
