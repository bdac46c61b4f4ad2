package io.carovana.coordinator.placement;

import io.carovana.model.shard.ShardPlan;
import io.carovana.protocol.Failure;
import java.util.List;

/** What the planner makes of the nodes there are. */
public sealed interface PlacementProposal {
  /** Why so, for a person. */
  String explanation();

  /**
   * A placement.
   *
   * @param plan who holds what
   * @param nodes the node of every rank
   * @param context longest sequence, tokens
   * @param kvPages pages of every rank's KV pool
   * @param kvPageBytes bytes of a page on all ranks together
   */
  record Placed(
      ShardPlan plan,
      List<String> nodes,
      int context,
      int kvPages,
      long kvPageBytes,
      String explanation)
      implements PlacementProposal {
    /** Copies the list. */
    public Placed {
      nodes = List.copyOf(nodes);
    }
  }

  /** Too few nodes so far. */
  record Waiting(String explanation) implements PlacementProposal {}

  /** These nodes cannot hold the model as asked. */
  record Refused(Failure failure) implements PlacementProposal {
    @Override
    public String explanation() {
      return failure.message();
    }
  }
}
