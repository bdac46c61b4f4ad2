package io.carovana.worker.engine;

import io.carovana.protocol.step.ProgressReport.State;
import io.carovana.transport.AeronLinks;

/** What the engine's thread is doing, for the thread that reports it. */
final class EngineStatus {
  private final AeronLinks links;
  private volatile long runningStep;
  private volatile boolean waiting;

  EngineStatus(AeronLinks links) {
    this.links = links;
  }

  /** The innermost step begins, or with 0 none runs any more. */
  void running(long step) {
    runningStep = step;
  }

  /** The engine's thread waits for the coordinator rather than for its peers. */
  void waiting(boolean waits) {
    waiting = waits;
  }

  long runningStep() {
    return runningStep;
  }

  State state() {
    if (waiting || links.waiting()) {
      return State.WAITING;
    }
    return runningStep == 0 ? State.IDLE : State.COMPUTING;
  }
}
