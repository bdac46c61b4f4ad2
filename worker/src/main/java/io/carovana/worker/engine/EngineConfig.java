package io.carovana.worker.engine;

import io.carovana.protocol.v1.DataEndpoint;
import io.carovana.protocol.v1.Placement;
import io.carovana.protocol.v1.RankPlacement;
import io.carovana.transport.Endpoint;
import io.carovana.transport.Topology;

/**
 * What an engine is started with.
 *
 * @param topology all ranks of the epoch and the coordinator
 * @param rank this process's global rank
 * @param maxHandOverElements floats of the largest hand-over between stages: most rows of a step
 *     times the hidden size
 */
public record EngineConfig(Topology topology, int rank, int maxHandOverElements) {
  /** Refuses a rank that is not in the topology. */
  public EngineConfig {
    if (rank < 0 || rank >= topology.ranks().size()) {
      throw new IllegalArgumentException("rank " + rank + " of " + topology.ranks().size());
    }
    if (maxHandOverElements < 0) {
      throw new IllegalArgumentException("hand-over of " + maxHandOverElements + " floats");
    }
  }

  /**
   * From the coordinator's placement.
   *
   * @param hiddenSize the model's
   * @throws IllegalArgumentException if the placement's ranks are out of order or an endpoint is
   *     malformed
   */
  public static EngineConfig of(Placement placement, int rank, int hiddenSize) {
    Topology topology =
        new Topology(
            placement.getEpoch(),
            placement.getRanksList().stream().map(EngineConfig::rank).toList(),
            endpoint(placement.getCoordinator()));
    long elements = (long) placement.getModel().getMaxStepTokens() * hiddenSize;
    return new EngineConfig(topology, rank, Math.toIntExact(elements));
  }

  private static Topology.Rank rank(RankPlacement rank) {
    return new Topology.Rank(rank.getStage(), rank.getTpRank(), endpoint(rank.getData()));
  }

  private static Endpoint endpoint(DataEndpoint data) {
    return new Endpoint(data.getChannel(), data.getStreamBase());
  }
}
