package io.carovana.model.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.shard.ShardPlan.RankShard;
import io.carovana.model.shard.ShardPlan.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardPlanTest {

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyElementIsOwnedOnceAndEveryRankOwnsSome(long seed) {
    Random random = new Random(seed);
    for (int trial = 0; trial < 50; trial++) {
      ModelConfig config = randomConfig(random);
      ShardPlan plan = ShardPlan.of(config, randomWeights(random, config));
      assertCovers(plan.stages().stream().map(Stage::layers).toList(), config.layers());
      for (Stage stage : plan.stages()) {
        assertCovers(of(stage, RankShard::kvGroups), config.kvHeads());
        assertCovers(of(stage, RankShard::ffnLeaves), plan.ffnLeaves().count());
        assertCovers(of(stage, RankShard::vocabRows), config.vocabSize());
        assertThat(of(stage, RankShard::layers)).containsOnly(stage.layers());
        for (RankShard rank : stage.ranks()) {
          assertThat(rank.vocabRows().start() % ShardPlan.VOCAB_UNIT).isZero();
        }
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void leavesDependOnTheShapeAloneAndRespectTheirUnit(long seed) {
    Random random = new Random(seed);
    for (int trial = 0; trial < 200; trial++) {
      int kvHeads = 1 + random.nextInt(64);
      int width = 1 + random.nextInt(30_000);
      FfnLeaves leaves = FfnLeaves.of(width, kvHeads);
      assertThat(leaves.boundary(0)).isZero();
      assertThat(leaves.boundary(leaves.count())).isEqualTo(width);
      assertThat(leaves.count()).isLessThanOrEqualTo(Math.max(32, kvHeads));
      for (int i = 0; i < leaves.count(); i++) {
        Range columns = leaves.columns(new Range(i, i + 1));
        assertThat(columns.size()).isPositive();
        assertThat(columns.start() % leaves.unit()).isZero();
      }
    }
  }

  @Test
  void codeLlamaLeaves() {
    assertThat(FfnLeaves.of(11008, 32)).isEqualTo(new FfnLeaves(11008, 128, 32));
    assertThat(FfnLeaves.of(13824, 40)).isEqualTo(new FfnLeaves(13824, 128, 40));
    assertThat(FfnLeaves.of(22016, 8)).isEqualTo(new FfnLeaves(22016, 128, 32));
    assertThat(FfnLeaves.of(704, 4)).isEqualTo(new FfnLeaves(704, 64, 11));
    assertThat(FfnLeaves.of(101, 4)).isEqualTo(new FfnLeaves(101, 1, 32));
  }

  @Test
  void rangesFollowTheWeights() {
    ModelConfig config = config(8, 32, 32, 11008, 32016);
    ShardPlan plan = ShardPlan.of(config, List.of(new double[] {3, 1}));
    List<RankShard> ranks = plan.ranks();
    assertThat(ranks.get(0).kvGroups()).isEqualTo(new Range(0, 24));
    assertThat(ranks.get(1).kvGroups()).isEqualTo(new Range(24, 32));
    assertThat(ranks.get(0).ffnLeaves()).isEqualTo(new Range(0, 24));
    assertThat(ranks.get(1).vocabRows().end()).isEqualTo(32016);
  }

  @Test
  void refusesMoreRanksThanKvHeadsAndBadWeights() {
    ModelConfig config = config(2, 8, 2, 704, 4096);
    assertThatThrownBy(() -> ShardPlan.even(config, 1, 3))
        .hasMessageContaining("cannot cut 2 KV heads into 3 parts");
    assertThatThrownBy(() -> ShardPlan.even(config, 3, 1))
        .hasMessageContaining("cannot cut 2 layers into 3 parts");
    assertThatThrownBy(() -> ShardPlan.of(config, List.of(new double[] {1, 0})))
        .hasMessageContaining("must be positive");
    assertThatThrownBy(() -> ShardPlan.of(config, List.of(new double[] {1, Double.NaN})))
        .hasMessageContaining("must be positive");
    assertThatThrownBy(() -> ShardPlan.of(config, List.of()))
        .hasMessageContaining("at least one stage");
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void maximalNodesTileTheRunAndNoneHasItsParentInside(long seed) {
    Random random = new Random(seed);
    for (int trial = 0; trial < 200; trial++) {
      ReductionTree tree = new ReductionTree(1 + random.nextInt(70));
      int a = random.nextInt(tree.leaves() + 1);
      int b = a + random.nextInt(tree.leaves() - a + 1);
      List<Range> nodes = tree.maximalNodes(new Range(a, b));
      int next = a;
      for (Range node : nodes) {
        assertThat(node.start()).isEqualTo(next);
        assertThat(isNode(tree, node)).isTrue();
        next = node.end();
      }
      assertThat(next).isEqualTo(b);
      for (int i = 0; i + 1 < nodes.size(); i++) {
        Range pair = new Range(nodes.get(i).start(), nodes.get(i + 1).end());
        assertThat(isNode(tree, pair)).as("%s is a node", pair).isFalse();
      }
    }
  }

  private static boolean isNode(ReductionTree tree, Range candidate) {
    int a = 0;
    int b = tree.leaves();
    while (b - a >= candidate.size()) {
      if (a == candidate.start() && b == candidate.end()) {
        return true;
      }
      if (b - a == 1) {
        return false;
      }
      int middle = ReductionTree.split(a, b);
      if (candidate.end() <= middle) {
        b = middle;
      } else if (candidate.start() >= middle) {
        a = middle;
      } else {
        return false;
      }
    }
    return false;
  }

  private static List<Range> of(Stage stage, Function<RankShard, Range> part) {
    return stage.ranks().stream().map(part).toList();
  }

  private static void assertCovers(List<Range> ranges, int size) {
    int next = 0;
    for (Range range : ranges) {
      assertThat(range.start()).isEqualTo(next);
      assertThat(range.size()).isPositive();
      next = range.end();
    }
    assertThat(next).isEqualTo(size);
  }

  private static List<double[]> randomWeights(Random random, ModelConfig config) {
    int stages = 1 + random.nextInt(Math.min(4, config.layers()));
    int mostRanks =
        Math.min(
            config.kvHeads(),
            Math.min(
                FfnLeaves.of(config.ffnSize(), config.kvHeads()).count(),
                (config.vocabSize() + ShardPlan.VOCAB_UNIT - 1) / ShardPlan.VOCAB_UNIT));
    List<double[]> weights = new ArrayList<>();
    for (int s = 0; s < stages; s++) {
      double[] row = new double[1 + random.nextInt(mostRanks)];
      for (int r = 0; r < row.length; r++) {
        row[r] = Math.exp(3 * random.nextGaussian());
      }
      weights.add(row);
    }
    return weights;
  }

  private static ModelConfig randomConfig(Random random) {
    int kvHeads = 1 + random.nextInt(12);
    return config(
        1 + random.nextInt(20),
        kvHeads * (1 + random.nextInt(8)),
        kvHeads,
        1 + random.nextInt(4000),
        1 + random.nextInt(5000));
  }

  private static ModelConfig config(int layers, int heads, int kvHeads, int ffn, int vocab) {
    return new ModelConfig(
        heads * 16, layers, heads, kvHeads, 16, ffn, vocab, 1e-5f, 1e6, 16384, 1, 2, false);
  }
}
