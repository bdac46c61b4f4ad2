package io.carovana.model.memory;

import java.util.List;

/**
 * What a machine has for the ranks placed on it.
 *
 * @param name for the report
 * @param freeBytes what they may take together
 * @param ranks indices into {@code ShardPlan.ranks()}
 */
public record NodeMemory(String name, long freeBytes, List<Integer> ranks) {
  /** Copies the list. */
  public NodeMemory {
    ranks = List.copyOf(ranks);
  }
}
