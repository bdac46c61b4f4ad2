package io.carovana.coordinator.membership;

import io.carovana.coordinator.CoordinatorSettings;
import io.carovana.coordinator.ServedModel;
import io.carovana.coordinator.engine.ChannelFactory;
import io.carovana.protocol.v1.DataEndpoint;

/**
 * What the coordinator is made of, made once per process.
 *
 * @param settings what it was started with
 * @param model what it serves
 * @param endpoint where it takes results and progress
 * @param channels opens links to ranks
 * @param epochs numbers of placements
 */
public record CoordinatorParts(
    CoordinatorSettings settings,
    ServedModel model,
    DataEndpoint endpoint,
    ChannelFactory channels,
    EpochNumbers epochs) {}
