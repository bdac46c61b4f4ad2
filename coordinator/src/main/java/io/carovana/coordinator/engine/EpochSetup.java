package io.carovana.coordinator.engine;

import io.carovana.coordinator.schedule.EngineLimits;
import io.carovana.transport.Topology;

/**
 * What an epoch is run with.
 *
 * @param topology its ranks
 * @param channels opens the link to them
 * @param limits what its engine can take
 * @param fenceAfterNs silence or standstill after which a rank is fenced
 * @param probeToken token of the self-test's prompt
 */
public record EpochSetup(
    Topology topology,
    ChannelFactory channels,
    EngineLimits limits,
    long fenceAfterNs,
    int probeToken) {
  /** Number of the placement. */
  public long epoch() {
    return topology.epoch();
  }
}
