package io.carovana.coordinator.placement;

import io.carovana.coordinator.placement.PlacementProposal.Placed;
import io.carovana.coordinator.placement.PlacementProposal.Refused;
import io.carovana.coordinator.placement.PlacementProposal.Waiting;
import io.carovana.model.Numerics;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.TensorReader;
import io.carovana.model.memory.FitPlanner;
import io.carovana.model.memory.FitReport;
import io.carovana.model.memory.NodeMemory;
import io.carovana.model.memory.RankMemory;
import io.carovana.model.shard.ShardPlan;
import io.carovana.protocol.Failure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Chooses nodes, cuts the model and sizes the KV pool. Pure: equal arguments, equal proposal.
 *
 * @param files the model
 * @param rules what the operator asked for
 */
public record PlacementPlanner(TensorReader files, PlacementRules rules) {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;

  /**
   * Proposes a placement.
   *
   * @param offers nodes that could take a rank
   * @param previous node of every rank of the last placement, which keeps its rank (and so its
   *     loaded weights) if it is still on offer; empty if there was none
   */
  public PlacementProposal propose(List<NodeOffer> offers, List<String> previous) {
    if (offers.size() < rules.ranks()) {
      return new Waiting(
          "waiting for workers: " + offers.size() + " of " + rules.ranks() + " are there");
    }
    ShardPlan plan;
    try {
      plan =
          ShardPlan.of(files.config(), Collections.nCopies(rules.stages(), rules.stageWeights()));
    } catch (IllegalArgumentException e) {
      return new Refused(new Failure.DoesNotFit(e.getMessage() + "; use fewer workers or stages"));
    }
    List<NodeOffer> chosen = choose(offers, previous);
    try {
      return size(plan, chosen);
    } catch (ModelException e) {
      return new Refused(new Failure.ModelRefused(String.valueOf(e.getMessage())));
    }
  }

  /** Nodes keep their ranks; free ranks go to the others, largest memory first. */
  private List<NodeOffer> choose(List<NodeOffer> offers, List<String> previous) {
    Map<String, NodeOffer> left = new TreeMap<>();
    offers.forEach(offer -> left.put(offer.node(), offer));
    List<@Nullable NodeOffer> chosen = new ArrayList<>();
    for (int rank = 0; rank < rules.ranks(); rank++) {
      chosen.add(rank < previous.size() ? left.remove(previous.get(rank)) : null);
    }
    List<NodeOffer> others = new ArrayList<>(left.values());
    others.sort(
        Comparator.comparingLong(NodeOffer::memoryBytes).reversed().thenComparing(NodeOffer::node));
    List<NodeOffer> complete = new ArrayList<>();
    int next = 0;
    for (NodeOffer kept : chosen) {
      complete.add(kept != null ? kept : others.get(next++));
    }
    return complete;
  }

  private PlacementProposal size(ShardPlan plan, List<NodeOffer> chosen) {
    List<NodeMemory> memories = new ArrayList<>();
    for (int rank = 0; rank < chosen.size(); rank++) {
      NodeOffer offer = chosen.get(rank);
      memories.add(new NodeMemory(offer.node(), offer.memoryBytes(), List.of(rank)));
    }
    FitPlanner fit = new FitPlanner(files, plan, memories, rules.maxStepTokens(), 0);
    FitReport empty = fit.report(rules.precision(), 0);
    long fittingPages = fittingPages(empty);
    int wanted = rules.context() > 0 ? rules.context() : FitPlanner.MIN_CONTEXT;
    if (!empty.fits() || fittingPages < pages(wanted)) {
      return new Refused(new Failure.DoesNotFit(fit.report(rules.precision(), wanted).message()));
    }
    int context =
        rules.context() > 0
            ? rules.context()
            : (int) Math.min(FitPlanner.MAX_CONTEXT, fittingPages * PAGE);
    int kvPages = (int) Math.min(fittingPages, (long) pages(context) * rules.maxSequences());
    List<String> nodes = chosen.stream().map(NodeOffer::node).toList();
    FitReport full = fit.report(rules.precision(), kvPages * PAGE);
    long perToken = full.nodes().stream().mapToLong(need -> need.ranks().kvPerToken()).sum();
    return new Placed(
        plan,
        nodes,
        context,
        kvPages,
        perToken * PAGE,
        Explanation.of(files.config(), plan, rules, full, context, kvPages));
  }

  /** Pages that fit beside the weights on the node with the least room. */
  private long fittingPages(FitReport empty) {
    long fitting = RankMemory.maxKvPages(files.config());
    for (FitReport.NodeNeed need : empty.nodes()) {
      long perPage = need.ranks().kvPerToken() * PAGE;
      fitting = Math.min(fitting, Math.max(0, need.spareBytes()) / Math.max(1, perPage));
    }
    return fitting;
  }

  private static int pages(int tokens) {
    return Math.ceilDiv(tokens, PAGE);
  }
}
