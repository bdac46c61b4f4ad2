package io.carovana.model.shard;

import io.carovana.model.config.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * Which rank holds what: pipeline stages of contiguous layers, each cut into tensor-parallel ranks
 * of contiguous KV-head groups, feed-forward leaves and vocabulary rows. Pure arithmetic over the
 * model's shape and one weight per rank.
 *
 * @param config the model's shape
 * @param stages the stages in layer order
 */
public record ShardPlan(ModelConfig config, List<Stage> stages) {
  /**
   * Vocabulary rows are cut at multiples of this, so that a row panel never straddles two ranks.
   */
  public static final int VOCAB_UNIT = 32;

  /** What stages have their parts of; of everything else, the ranks of a stage have theirs. */
  public static final String LAYERS = "layers";

  /**
   * One pipeline stage.
   *
   * @param layers its layers
   * @param ranks its tensor-parallel ranks, in order
   */
  public record Stage(Range layers, List<RankShard> ranks) {
    /** Copies the rank list. */
    public Stage {
      ranks = List.copyOf(ranks);
    }
  }

  /**
   * What one rank holds.
   *
   * @param stage index of its stage
   * @param tpRank its tensor-parallel rank within the stage
   * @param layers layers of the stage
   * @param kvGroups KV heads (with their query heads)
   * @param ffnLeaves leaves of {@link FfnLeaves}
   * @param vocabRows rows of the embedding (used in the first stage) and lm_head (in the last)
   */
  public record RankShard(
      int stage, int tpRank, Range layers, Range kvGroups, Range ffnLeaves, Range vocabRows) {}

  /** Copies the stage list. */
  public ShardPlan {
    stages = List.copyOf(stages);
  }

  /**
   * Cuts a model by weights.
   *
   * @param config the model's shape
   * @param stageWeights per stage the relative size of each of its ranks (all positive)
   * @throws TooManyPartsException if there are more stages than layers, or more ranks in a stage
   *     than KV heads, feed-forward leaves or vocabulary units
   * @throws IllegalArgumentException if there is no stage, one without ranks, or a weight is not
   *     positive
   */
  public static ShardPlan of(ModelConfig config, List<double[]> stageWeights) {
    if (stageWeights.isEmpty()) {
      throw new IllegalArgumentException("a shard plan needs at least one stage");
    }
    double[] sums = stageWeights.stream().mapToDouble(ShardPlan::sum).toArray();
    Range[] layers = apportion(LAYERS, config.layers(), sums);
    FfnLeaves leaves = FfnLeaves.of(config.ffnSize(), config.kvHeads());
    int vocabUnits = (config.vocabSize() + VOCAB_UNIT - 1) / VOCAB_UNIT;
    List<Stage> stages = new ArrayList<>();
    for (int s = 0; s < stageWeights.size(); s++) {
      double[] weights = stageWeights.get(s);
      Range[] groups = apportion("KV heads", config.kvHeads(), weights);
      Range[] ffn = apportion("feed-forward leaves", leaves.count(), weights);
      Range[] vocab = apportion("vocabulary units", vocabUnits, weights);
      List<RankShard> ranks = new ArrayList<>();
      for (int r = 0; r < weights.length; r++) {
        Range rows =
            new Range(
                vocab[r].start() * VOCAB_UNIT,
                Math.min(vocab[r].end() * VOCAB_UNIT, config.vocabSize()));
        ranks.add(new RankShard(s, r, layers[s], groups[r], ffn[r], rows));
      }
      stages.add(new Stage(layers[s], ranks));
    }
    return new ShardPlan(config, stages);
  }

  /** A plan of {@code stages} equal stages of {@code ranks} equal ranks. */
  public static ShardPlan even(ModelConfig config, int stages, int ranks) {
    List<double[]> weights = new ArrayList<>();
    for (int s = 0; s < stages; s++) {
      double[] row = new double[ranks];
      java.util.Arrays.fill(row, 1);
      weights.add(row);
    }
    return of(config, weights);
  }

  /** All ranks, stage by stage; the index in this list is the global rank. */
  public List<RankShard> ranks() {
    return stages.stream().flatMap(stage -> stage.ranks().stream()).toList();
  }

  /** The tree over attention-output leaves, which are the KV-head groups. */
  public ReductionTree attentionTree() {
    return new ReductionTree(config.kvHeads());
  }

  /** The tree over feed-forward leaves. */
  public ReductionTree ffnTree() {
    return new ReductionTree(ffnLeaves().count());
  }

  /** The model's feed-forward leaves. */
  public FfnLeaves ffnLeaves() {
    return FfnLeaves.of(config.ffnSize(), config.kvHeads());
  }

  /**
   * Cuts {@code units} into contiguous ranges in proportion to {@code weights}, at least one unit
   * each: boundaries are the rounded cumulative shares, moved no further than that minimum asks.
   */
  static Range[] apportion(String what, int units, double[] weights) {
    if (weights.length == 0) {
      throw new IllegalArgumentException("a stage needs at least one rank");
    }
    if (weights.length > units) {
      throw new TooManyPartsException(what, units, weights.length);
    }
    double total = sum(weights);
    Range[] ranges = new Range[weights.length];
    double cumulative = 0;
    int start = 0;
    for (int i = 0; i < weights.length; i++) {
      cumulative += weights[i];
      int wanted = (int) Math.round(units * (cumulative / total));
      int end = Math.clamp(wanted, start + 1, units - (weights.length - 1 - i));
      ranges[i] = new Range(start, i == weights.length - 1 ? units : end);
      start = end;
    }
    return ranges;
  }

  private static double sum(double[] weights) {
    double total = 0;
    for (double weight : weights) {
      if (!(weight > 0) || !Double.isFinite(weight)) {
        throw new IllegalArgumentException("a split weight must be positive, is " + weight);
      }
      total += weight;
    }
    return total;
  }
}
