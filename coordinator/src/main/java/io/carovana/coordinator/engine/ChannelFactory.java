package io.carovana.coordinator.engine;

import io.carovana.coordinator.dataplane.StepChannel;
import io.carovana.transport.Topology;

/** Opens the data-plane link to the ranks of an epoch. */
@FunctionalInterface
public interface ChannelFactory {
  /** Opens it; the ranks' ends may still be missing. */
  StepChannel open(Topology topology);
}
