package io.carovana.coordinator.engine;

import io.carovana.protocol.step.ProgressReport;
import io.carovana.protocol.step.StepResult;
import org.HdrHistogram.Histogram;

/** Sums and percentiles of one rank's steps since the epoch began. */
final class RankMeter {
  private static final long LONGEST_STEP_US = 3_600_000_000L;
  private static final int DIGITS = 2;

  private final Histogram stepUs = new Histogram(LONGEST_STEP_US, DIGITS);
  private long computeNs;
  private long waitNs;
  private long steps;
  private long droppedEpoch;

  void completed(StepResult result) {
    computeNs += result.computeNs;
    waitNs += result.waitNs;
    steps++;
    long us = (result.computeNs + result.waitNs) / 1_000;
    stepUs.recordValue(Math.clamp(us, 0, LONGEST_STEP_US));
  }

  void reported(ProgressReport report) {
    droppedEpoch = report.droppedEpoch;
  }

  long droppedEpoch() {
    return droppedEpoch;
  }

  RankFigures figures(boolean degraded) {
    return new RankFigures(
        computeNs / 1e9,
        waitNs / 1e9,
        stepUs.getValueAtPercentile(50) / 1e3,
        stepUs.getValueAtPercentile(99) / 1e3,
        steps,
        degraded);
  }
}
