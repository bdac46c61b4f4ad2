package io.carovana.transport;

import java.util.List;

/**
 * Who talks to whom in one epoch.
 *
 * @param epoch number of the placement
 * @param ranks all ranks; the index is the global rank
 * @param coordinator where results and progress go
 */
public record Topology(long epoch, List<Rank> ranks, Endpoint coordinator) {
  /**
   * One rank.
   *
   * @param stage pipeline stage
   * @param tpRank number within the stage
   * @param endpoint where it takes frames
   */
  public record Rank(int stage, int tpRank, Endpoint endpoint) {}

  /** Refuses ranks that are not listed stage by stage, each stage from tensor-parallel rank 0. */
  public Topology {
    ranks = List.copyOf(ranks);
    int stage = 0;
    int tpRank = 0;
    for (Rank rank : ranks) {
      if (rank.stage() == stage + 1 && tpRank > 0) {
        stage++;
        tpRank = 0;
      }
      if (rank.stage() != stage || rank.tpRank() != tpRank) {
        throw new IllegalArgumentException("ranks are not in order: " + ranks);
      }
      tpRank++;
    }
    if (ranks.isEmpty()) {
      throw new IllegalArgumentException("a topology needs at least one rank");
    }
  }

  /** Number of stages. */
  public int stages() {
    return ranks.getLast().stage() + 1;
  }

  /** Global rank of tensor-parallel rank 0 of {@code stage}. */
  public int firstOf(int stage) {
    int rank = 0;
    while (ranks.get(rank).stage() != stage) {
      rank++;
    }
    return rank;
  }

  /** Ranks of {@code stage}. */
  public int sizeOf(int stage) {
    return (int) ranks.stream().filter(rank -> rank.stage() == stage).count();
  }
}
