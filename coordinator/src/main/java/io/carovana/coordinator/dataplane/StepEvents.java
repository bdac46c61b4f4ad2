package io.carovana.coordinator.dataplane;

import io.carovana.protocol.step.ProgressReport;
import io.carovana.protocol.step.StepResult;

/** What {@link StepChannel#poll} delivers; arguments are valid during the call only. */
public interface StepEvents {
  /** A rank finished a step; with sequence entries from the sampling rank. */
  void onResult(int rank, StepResult result);

  /** A rank's periodic report. */
  void onProgress(int rank, ProgressReport report);

  /**
   * The stream to or from a rank is broken for good: no step can complete in this epoch. Said once
   * per rank.
   */
  void onLinkLost(int rank, String reason);
}
