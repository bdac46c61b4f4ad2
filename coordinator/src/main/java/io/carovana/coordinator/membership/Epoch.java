package io.carovana.coordinator.membership;

import io.carovana.coordinator.placement.PlacementProposal.Placed;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan.RankShard;
import io.carovana.protocol.v1.DataEndpoint;
import io.carovana.protocol.v1.IntRange;
import io.carovana.protocol.v1.LoadProgress;
import io.carovana.protocol.v1.ModelSpec;
import io.carovana.protocol.v1.Placement;
import io.carovana.protocol.v1.RankPlacement;
import io.carovana.transport.Endpoint;
import io.carovana.transport.Topology;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One placement and how far it has come: ranks load, all are ready, a first token proves it. */
final class Epoch {
  private final Placed placed;
  private final Placement placement;
  private final List<Worker> ranks;
  private final BitSet ready = new BitSet();
  private final Map<String, LoadProgress> progress = new TreeMap<>();
  private boolean proven;

  /**
   * @param ranks the worker of every rank
   * @param coordinator where results go
   */
  Epoch(long number, ModelSpec model, Placed placed, List<Worker> ranks, DataEndpoint coordinator) {
    this.placed = placed;
    this.ranks = List.copyOf(ranks);
    List<RankShard> shards = placed.plan().ranks();
    List<RankPlacement> placements = new ArrayList<>();
    for (int rank = 0; rank < ranks.size(); rank++) {
      placements.add(placement(rank, shards.get(rank), ranks.get(rank)));
    }
    this.placement =
        Placement.newBuilder()
            .setEpoch(number)
            .setModel(model)
            .addAllRanks(placements)
            .setCoordinator(coordinator)
            .setStages(placed.plan().stages().size())
            .build();
  }

  long number() {
    return placement.getEpoch();
  }

  Placed placed() {
    return placed;
  }

  Placement placement() {
    return placement;
  }

  List<Worker> ranks() {
    return ranks;
  }

  /** The rank of a worker, -1 if it has none. */
  int rankOf(Worker worker) {
    return ranks.indexOf(worker);
  }

  void ready(int rank) {
    ready.set(rank);
    progress.remove(ranks.get(rank).node());
  }

  boolean isReady(int rank) {
    return ready.get(rank);
  }

  boolean allReady() {
    return ready.cardinality() == ranks.size();
  }

  void prove() {
    proven = true;
  }

  boolean proven() {
    return proven;
  }

  void loading(LoadProgress report) {
    progress.put(report.getNode(), report);
  }

  Collection<LoadProgress> progress() {
    return progress.values();
  }

  Topology topology() {
    List<Topology.Rank> topologyRanks = new ArrayList<>();
    for (RankPlacement rank : placement.getRanksList()) {
      topologyRanks.add(
          new Topology.Rank(rank.getStage(), rank.getTpRank(), endpoint(rank.getData())));
    }
    return new Topology(number(), topologyRanks, endpoint(placement.getCoordinator()));
  }

  private static RankPlacement placement(int rank, RankShard shard, Worker worker) {
    return RankPlacement.newBuilder()
        .setRank(rank)
        .setStage(shard.stage())
        .setTpRank(shard.tpRank())
        .setNode(worker.node())
        .setIncarnation(worker.incarnation())
        .setData(worker.hello.getData())
        .setLayers(range(shard.layers()))
        .setKvGroups(range(shard.kvGroups()))
        .setFfnLeaves(range(shard.ffnLeaves()))
        .setVocabRows(range(shard.vocabRows()))
        .build();
  }

  private static IntRange range(Range range) {
    return IntRange.newBuilder().setStart(range.start()).setEnd(range.end()).build();
  }

  private static Endpoint endpoint(DataEndpoint data) {
    return new Endpoint(data.getChannel(), data.getStreamBase());
  }
}
