package io.carovana.coordinator.dataplane;

import io.carovana.protocol.step.StepPlan;

/**
 * The coordinator's link to all ranks of one epoch. One thread calls it (the scheduler's agent); no
 * method blocks. Orders reach every rank in the sequence in which they were accepted here.
 */
public interface StepChannel extends AutoCloseable {
  /** Epoch of the placement. */
  long epoch();

  /** Whether every rank takes orders; before that they queue up. */
  boolean connected();

  /**
   * Queues a plan for all ranks; its content is copied.
   *
   * @return false if too many orders are queued, {@link #poll} and try again
   * @throws IllegalArgumentException if the plan is of another epoch or its encoding exceeds the
   *     limit
   */
  boolean offer(StepPlan plan);

  /**
   * Queues an order to abort a step at the next layer boundary; harmless when it has ended.
   *
   * @return false if too many orders are queued, {@link #poll} and try again
   */
  boolean abort(long step);

  /**
   * Moves queued orders on and delivers what has arrived.
   *
   * @return orders sent and results delivered, 0 to let the caller's idle strategy rest; progress
   *     reports do not count, so that their beat wakes nobody up
   */
  int poll(StepEvents events);

  /** Frames dropped as not of this epoch, since the channel opened. */
  long droppedOtherEpoch();

  /** Closes publications and the subscription; idempotent. */
  @Override
  void close();
}
