package io.carovana.cli.plan;

import io.carovana.model.memory.FitReport.NodeNeed;
import io.carovana.model.memory.RankMemory;
import io.carovana.model.shard.ShardPlan;
import java.util.Comparator;
import java.util.List;

/**
 * What an arrangement takes.
 *
 * @param arrangement the arrangement
 * @param plan the cut into ranks
 * @param needs each rank's node and what it needs, rank by rank
 */
public record Forecast(Arrangement arrangement, ShardPlan plan, List<NodeNeed> needs) {
  /** Copies the list. */
  public Forecast {
    needs = List.copyOf(needs);
  }

  /** Whether every node has room, and the pool can number its pages. */
  public boolean fits() {
    return !tooManyPages() && tightest().spareBytes() >= 0;
  }

  /** Whether no memory would do, because a pool cannot have so many pages. */
  boolean tooManyPages() {
    return arrangement.demand().pages() > RankMemory.maxKvPages(plan.config());
  }

  /** The node with the least to spare. */
  NodeNeed tightest() {
    return needs.stream().min(Comparator.comparingLong(NodeNeed::spareBytes)).orElseThrow();
  }

  /** Weights and KV cache of all nodes together. */
  long payloadBytes() {
    return needs.stream().mapToLong(need -> need.ranks().weights() + need.kvBytes()).sum();
  }
}
