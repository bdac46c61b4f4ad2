package io.carovana.transport;

import java.util.ArrayList;
import java.util.List;

/**
 * A rank's place among the others.
 *
 * @param topology all ranks
 * @param rank global number
 * @param stage pipeline stage
 * @param tpRank number within the stage
 * @param tpSize ranks of the stage
 * @param previousRank who hands over to it, -1 in the first stage
 * @param nextRanks whom it hands over to
 */
record Place(
    Topology topology,
    int rank,
    int stage,
    int tpRank,
    int tpSize,
    int previousRank,
    List<Integer> nextRanks) {

  static Place of(Topology topology, int rank) {
    Topology.Rank self = topology.ranks().get(rank);
    int tpSize = topology.sizeOf(self.stage());
    return new Place(
        topology,
        rank,
        self.stage(),
        self.tpRank(),
        tpSize,
        previous(topology, self),
        next(topology, self, tpSize));
  }

  /** Rank j of a stage receives from rank j mod (its size) of the stage before. */
  private static int previous(Topology topology, Topology.Rank self) {
    if (self.stage() == 0) {
      return -1;
    }
    int before = self.stage() - 1;
    return topology.firstOf(before) + self.tpRank() % topology.sizeOf(before);
  }

  private static List<Integer> next(Topology topology, Topology.Rank self, int tpSize) {
    List<Integer> ranks = new ArrayList<>();
    int stage = self.stage() + 1;
    if (stage < topology.stages()) {
      for (int j = self.tpRank(); j < topology.sizeOf(stage); j += tpSize) {
        ranks.add(topology.firstOf(stage) + j);
      }
    }
    return List.copyOf(ranks);
  }

  long epoch() {
    return topology.epoch();
  }

  /** Global number of the stage's tensor-parallel rank 0. */
  int firstRank() {
    return rank - tpRank;
  }
}
