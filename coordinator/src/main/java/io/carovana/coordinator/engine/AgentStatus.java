package io.carovana.coordinator.engine;

import io.carovana.coordinator.schedule.SchedulerView;
import java.util.List;

/**
 * What the agent knew a moment ago; the last one stands while it is busy.
 *
 * @param epoch epoch that runs, 0 for none
 * @param lastTokenAgeMs time since this epoch's last real token, -1 for none
 * @param selfTestPassed whether this epoch's last self-test passed
 * @param scheduler requests, pages, totals
 * @param ranks figures of every rank of the epoch
 * @param droppedEpoch frames of other epochs dropped anywhere, since the process began
 */
public record AgentStatus(
    long epoch,
    long lastTokenAgeMs,
    boolean selfTestPassed,
    SchedulerView scheduler,
    List<RankFigures> ranks,
    long droppedEpoch) {
  /** No token yet. */
  public static final long NO_TOKEN = -1;
}
