package io.carovana.coordinator.engine;

import io.carovana.coordinator.dataplane.StepChannel;
import io.carovana.coordinator.schedule.EngineLimits;
import java.util.List;

/**
 * What an epoch is run with.
 *
 * @param epoch number of the placement
 * @param channel the link to its ranks
 * @param limits what its engine can take
 * @param stageOfRank pipeline stage of every rank
 * @param fenceAfterNs silence or standstill after which a rank is fenced
 * @param probeToken token of the self-test's prompt
 */
public record EpochSetup(
    long epoch,
    StepChannel channel,
    EngineLimits limits,
    List<Integer> stageOfRank,
    long fenceAfterNs,
    int probeToken) {
  /** Copies the list. */
  public EpochSetup {
    stageOfRank = List.copyOf(stageOfRank);
  }
}
