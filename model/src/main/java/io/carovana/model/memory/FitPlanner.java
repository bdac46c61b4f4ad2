package io.carovana.model.memory;

import io.carovana.model.Numerics;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.TensorReader;
import io.carovana.model.memory.FitReport.NodeNeed;
import io.carovana.model.quant.Precision;
import io.carovana.model.shard.ShardPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Holds a placed model against the memory of its nodes. Pure: the caller measures what is free.
 *
 * @param files the model
 * @param plan its cut into ranks
 * @param nodes where the ranks are, every rank once
 * @param maxStepTokens rows of the largest step
 * @param heapPerRank bytes a rank's process takes besides weights, KV cache and workspace
 */
public record FitPlanner(
    TensorReader files,
    ShardPlan plan,
    List<NodeMemory> nodes,
    int maxStepTokens,
    long heapPerRank) {
  /** The longest context on offer. */
  public static final int MAX_CONTEXT = 131_072;

  /** The shortest context worth proposing. */
  public static final int MIN_CONTEXT = 512;

  private static final int PAGE = Numerics.KV_PAGE_TOKENS;

  /** Copies the list. */
  public FitPlanner {
    nodes = List.copyOf(nodes);
  }

  /**
   * Whether the model fits with {@code context} positions of KV cache.
   *
   * @throws ModelException.Unsupported if the model cannot be held so
   */
  public FitReport report(Precision precision, int context) {
    List<NodeNeed> needs = needs(precision, new KvDemand(context, 1));
    NodeNeed tightest = tightest(needs);
    boolean fits = tightest.spareBytes() >= 0;
    List<String> proposals = fits ? List.of() : proposals(precision, context);
    return new FitReport(fits, context, needs, tightest.line(context), proposals);
  }

  /**
   * The longest context that fits after the weights, in whole pages, at most {@link #MAX_CONTEXT};
   * 0 if not even {@link #MIN_CONTEXT} does.
   */
  public int largestContext(Precision precision) {
    return largestContext(precision, 1);
  }

  /** The same for {@code sequences} of that length at once. */
  public int largestContext(Precision precision, int sequences) {
    long whole = Math.min(MAX_CONTEXT, fittingPages(precision) / sequences * PAGE);
    return whole < MIN_CONTEXT ? 0 : (int) whole;
  }

  /** Pages of KV cache that fit after the weights on every node; 0 if not even those do. */
  private long fittingPages(Precision precision) {
    long fitting = RankMemory.maxKvPages(plan.config());
    for (NodeNeed need : needs(precision, new KvDemand(0, 0))) {
      long spare = Math.max(0, need.spareBytes());
      fitting = Math.min(fitting, spare / (need.ranks().kvPerToken() * PAGE));
    }
    return fitting;
  }

  /** The same precision with less context, then narrower ones with as much context as fits. */
  private List<String> proposals(Precision wanted, int context) {
    List<String> proposals = new ArrayList<>();
    int longest = 0;
    for (Precision precision : wanted.narrowing()) {
      int fitting = fittingContext(precision, context);
      if (fitting > longest) {
        longest = fitting;
        proposals.add(options(wanted, precision, context, fitting));
      }
    }
    return proposals;
  }

  /** The largest power of two below {@code context} that fits, or {@code context} itself; or 0. */
  private int fittingContext(Precision precision, int context) {
    int largest;
    try {
      largest = largestContext(precision);
    } catch (ModelException.Unsupported e) {
      return 0;
    }
    if (largest >= context) {
      return context;
    }
    return largest == 0 ? 0 : Integer.highestOneBit(largest);
  }

  private static String options(Precision wanted, Precision precision, int context, int fitting) {
    List<String> options = new ArrayList<>(precision.flagsFrom(wanted));
    if (fitting != context || options.isEmpty()) {
      options.add("--context " + fitting);
    }
    return String.join(" ", options);
  }

  /**
   * What every node needs, in the order of {@link #nodes}.
   *
   * @throws ModelException.Unsupported if the model cannot be held so
   */
  public List<NodeNeed> needs(Precision precision, KvDemand demand) {
    List<ShardPlan.RankShard> ranks = plan.ranks();
    List<NodeNeed> needs = new ArrayList<>();
    for (NodeMemory node : nodes) {
      RankMemory sum = new RankMemory(0, 0, 0);
      for (int rank : node.ranks()) {
        sum = sum.plus(RankMemory.of(files, plan, ranks.get(rank), precision, maxStepTokens));
      }
      long heap = sum.workspace() + heapPerRank * node.ranks().size();
      needs.add(new NodeNeed(node, sum, sum.kvBytes(demand), heap));
    }
    return needs;
  }

  private static NodeNeed tightest(List<NodeNeed> needs) {
    return needs.stream().min(Comparator.comparingLong(NodeNeed::spareBytes)).orElseThrow();
  }
}
