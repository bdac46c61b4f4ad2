package io.carovana.coordinator.placement;

import io.carovana.model.Numerics;
import io.carovana.model.config.ModelConfig;
import io.carovana.model.memory.FitPlanner;
import io.carovana.model.memory.FitReport;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.shard.ShardPlan.RankShard;
import java.util.Comparator;
import java.util.List;

/** A placement in words, one fact per line. */
final class Explanation {
  private Explanation() {}

  static String of(
      ModelConfig config,
      ShardPlan plan,
      PlacementRules rules,
      FitReport fit,
      int context,
      int kvPages) {
    StringBuilder text = new StringBuilder();
    int perStage = rules.ranks() / rules.stages();
    text.append(
        "%d %s: %d %s of %d tensor-parallel %s, %s split%n"
            .formatted(
                rules.ranks(),
                rules.ranks() == 1 ? "worker" : "workers",
                rules.stages(),
                rules.stages() == 1 ? "stage" : "stages",
                perStage,
                perStage == 1 ? "rank" : "ranks",
                rules.split().isEmpty() ? "even" : "asked " + rules.split()));
    List<RankShard> ranks = plan.ranks();
    for (FitReport.NodeNeed need : fit.nodes()) {
      int rank = need.node().ranks().getFirst();
      RankShard shard = ranks.get(rank);
      text.append(
          "rank %d on %s: layers %s, KV heads %s, feed-forward leaves %s, vocabulary rows %s%n"
              .formatted(
                  rank,
                  need.node().name(),
                  range(shard.layers()),
                  range(shard.kvGroups()),
                  range(shard.ffnLeaves()),
                  range(shard.vocabRows())));
      text.append("  ").append(need.line(fit.context())).append('\n');
    }
    text.append(
        "KV pool in %s: %d pages of %d tokens on every rank, for sequences of up to %d tokens%n"
            .formatted(rules.precision().kv().id(), kvPages, Numerics.KV_PAGE_TOKENS, context));
    text.append("limit: ").append(limit(rules, fit, context));
    if (context > config.maxPositions()) {
      text.append(
          "%nThe context is longer than the %d positions the model was tuned for."
              .formatted(config.maxPositions()));
    }
    return text.toString();
  }

  private static String limit(PlacementRules rules, FitReport fit, int context) {
    if (rules.context() > 0) {
      return "the context it was started with";
    }
    if (context == FitPlanner.MAX_CONTEXT) {
      return "the longest context on offer";
    }
    FitReport.NodeNeed tightest =
        fit.nodes().stream()
            .min(
                Comparator.comparingDouble(
                    need -> (double) need.spareBytes() / need.ranks().kvPerToken()))
            .orElseThrow();
    return "the memory of " + tightest.node().name();
  }

  private static String range(Range range) {
    return range.size() == 1 ? "" + range.start() : range.start() + "–" + (range.end() - 1);
  }
}
