package io.carovana.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.shard.Range;
import io.carovana.model.shard.ReductionTree;
import io.carovana.transport.TreeProgram;
import io.carovana.transport.TreeSum;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TreeProgramsTest {
  /** More than one block of TreeSum and no multiple of it. */
  private static final int ELEMENTS = 1100;

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
  void everyCutGivesTheBitsOfOneRank(long seed) {
    Random random = new Random(seed);
    ReductionTree tree = new ReductionTree(1 + random.nextInt(40));
    float[][] leaves = new float[tree.leaves()][ELEMENTS];
    for (float[] leaf : leaves) {
      for (int i = 0; i < ELEMENTS; i++) {
        leaf[i] = (float) (random.nextGaussian() * Math.exp(8 * random.nextGaussian()));
      }
    }
    float[] whole = value(leaves, new Range(0, tree.leaves()));
    for (int trial = 0; trial < 20; trial++) {
      List<Range> cuts = randomCuts(random, tree.leaves());
      assertThat(finish(tree, leaves, cuts)).as("cuts %s", cuts).containsExactly(whole);
    }
  }

  @Test
  void sumsThatAreOrderSensitiveFollowTheTree() {
    float[][] leaves = {{1e8f}, {-1e8f}, {1}, {1}};
    assertThat(value(leaves, new Range(0, 4))).containsExactly(2);
    float[][] moved = {{1e8f}, {1}, {-1e8f}, {1}};
    assertThat(value(moved, new Range(0, 4))).containsExactly(0);
    ReductionTree tree = new ReductionTree(4);
    List<Range> cuts = List.of(new Range(0, 3), new Range(3, 4));
    assertThat(finish(tree, moved, cuts)).containsExactly(0);
  }

  @Test
  void programIsPostfixOverTheRanksNodes() {
    TreeProgram program =
        TreePrograms.of(new ReductionTree(4), List.of(new Range(0, 3), new Range(3, 4)));
    assertThat(program.nodesPerRank()).containsExactly(2, 1);
    assertThat(program.postfix()).containsExactly(0, 1, 2, TreeProgram.ADD, TreeProgram.ADD);
  }

  @Test
  void refusesCutsThatDoNotCoverTheLeaves() {
    ReductionTree tree = new ReductionTree(4);
    assertThatThrownBy(() -> TreePrograms.of(tree, List.of(new Range(0, 3))))
        .hasMessageContaining("does not cover 4 leaves");
    assertThatThrownBy(() -> TreePrograms.of(tree, List.of(new Range(0, 1), new Range(2, 4))))
        .hasMessageContaining("contiguous");
    assertThatThrownBy(() -> TreePrograms.of(tree, List.of(new Range(0, 4), new Range(4, 4))))
        .hasMessageContaining("contiguous");
  }

  private static float[] finish(ReductionTree tree, float[][] leaves, List<Range> cuts) {
    TreeProgram program = TreePrograms.of(tree, cuts);
    int elements = leaves[0].length;
    float[][] nodes = new float[cuts.size()][];
    for (int r = 0; r < nodes.length; r++) {
      List<Range> own = tree.maximalNodes(cuts.get(r));
      nodes[r] = new float[own.size() * elements];
      for (int n = 0; n < own.size(); n++) {
        System.arraycopy(value(leaves, own.get(n)), 0, nodes[r], n * elements, elements);
      }
    }
    float[] out = new float[elements];
    TreeSum sum = new TreeSum();
    sum.finish(program, nodes, elements, 0, elements / 3, out);
    sum.finish(program, nodes, elements, elements / 3, elements, out);
    return out;
  }

  /** The tree's own definition. */
  private static float[] value(float[][] leaves, Range node) {
    if (node.size() == 1) {
      return leaves[node.start()];
    }
    int middle = node.start() + (int) Math.ceil(node.size() / 2.0);
    float[] left = value(leaves, new Range(node.start(), middle));
    float[] right = value(leaves, new Range(middle, node.end()));
    float[] sum = new float[left.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = left[i] + right[i];
    }
    return sum;
  }

  private static List<Range> randomCuts(Random random, int leaves) {
    List<Range> cuts = new ArrayList<>();
    int start = 0;
    while (start < leaves) {
      int end = start + 1 + random.nextInt(leaves - start);
      cuts.add(new Range(start, end));
      start = end;
    }
    return cuts;
  }
}
