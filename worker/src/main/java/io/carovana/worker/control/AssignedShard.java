package io.carovana.worker.control;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan;
import io.carovana.protocol.v1.Assign;
import io.carovana.protocol.v1.IntRange;
import io.carovana.protocol.v1.ModelSpec;
import io.carovana.protocol.v1.Placement;
import io.carovana.protocol.v1.RankPlacement;
import java.util.ArrayList;
import java.util.List;

/** What an assignment asks of one rank, read off the wire. */
final class AssignedShard {
  private AssignedShard() {}

  /**
   * Everything that decides the bytes of a shard. Two assignments with equal keys can use the same
   * loaded shard: the epoch, the addresses and the neighbours' machines do not matter.
   *
   * @param model the model as the coordinator serves it
   * @param ranks the cut of all ranks
   * @param rank the own one
   */
  record Key(ModelSpec model, List<Cut> ranks, int rank) {}

  /** One rank's cut. */
  record Cut(
      int stage, IntRange layers, IntRange kvGroups, IntRange ffnLeaves, IntRange vocabRows) {}

  static Key key(Assign assign) {
    Placement placement = assign.getPlacement();
    List<Cut> cuts =
        placement.getRanksList().stream()
            .map(
                rank ->
                    new Cut(
                        rank.getStage(),
                        rank.getLayers(),
                        rank.getKvGroups(),
                        rank.getFfnLeaves(),
                        rank.getVocabRows()))
            .toList();
    return new Key(placement.getModel(), cuts, assign.getRank());
  }

  /**
   * The placement's cut as a shard plan.
   *
   * @throws IllegalArgumentException if the ranks do not cover the model exactly, in order
   */
  static ShardPlan plan(ModelConfig config, Placement placement) {
    List<ShardPlan.Stage> stages = new ArrayList<>();
    for (int s = 0; s < placement.getStages(); s++) {
      int stage = s;
      List<RankPlacement> members =
          placement.getRanksList().stream().filter(rank -> rank.getStage() == stage).toList();
      List<ShardPlan.RankShard> shards = new ArrayList<>();
      for (RankPlacement member : members) {
        shards.add(
            new ShardPlan.RankShard(
                stage,
                shards.size(),
                range(member.getLayers()),
                range(member.getKvGroups()),
                range(member.getFfnLeaves()),
                range(member.getVocabRows())));
      }
      requireCover(
          "KV heads",
          shards.stream().map(ShardPlan.RankShard::kvGroups).toList(),
          config.kvHeads());
      requireCover(
          "vocabulary rows",
          shards.stream().map(ShardPlan.RankShard::vocabRows).toList(),
          config.vocabSize());
      stages.add(new ShardPlan.Stage(shards.getFirst().layers(), shards));
    }
    ShardPlan plan = new ShardPlan(config, stages);
    requireCover("layers", stages.stream().map(ShardPlan.Stage::layers).toList(), config.layers());
    for (ShardPlan.Stage stage : stages) {
      requireCover(
          "feed-forward leaves",
          stage.ranks().stream().map(ShardPlan.RankShard::ffnLeaves).toList(),
          plan.ffnLeaves().count());
    }
    return plan;
  }

  private static Range range(IntRange range) {
    return new Range(range.getStart(), range.getEnd());
  }

  private static void requireCover(String what, List<Range> ranges, int total) {
    int next = 0;
    for (Range range : ranges) {
      if (range.start() != next || range.size() == 0) {
        throw new IllegalArgumentException("the placement cuts " + what + " into " + ranges);
      }
      next = range.end();
    }
    if (next != total) {
      throw new IllegalArgumentException(
          "the placement cuts " + what + " into " + ranges + ", but the model has " + total);
    }
  }
}
