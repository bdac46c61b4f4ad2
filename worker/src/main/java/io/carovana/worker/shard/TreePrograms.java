package io.carovana.worker.shard;

import io.carovana.model.shard.Range;
import io.carovana.model.shard.ReductionTree;
import io.carovana.transport.TreeProgram;
import java.util.List;

/** From a canonical tree and its cut into ranks to the program every rank finishes a sum with. */
public final class TreePrograms {
  private TreePrograms() {}

  /**
   * The program for {@code tree} when rank r owns the leaves {@code cuts[r]}. Runs ascend and so do
   * the nodes inside each, so operands appear in the program in their numbered order.
   *
   * @param cuts contiguous runs of leaves that cover the tree, in rank order
   * @throws IllegalArgumentException if they do not
   */
  public static TreeProgram of(ReductionTree tree, List<Range> cuts) {
    requireCover(tree, cuts);
    int[] nodesPerRank = new int[cuts.size()];
    int nodes = 0;
    for (int r = 0; r < cuts.size(); r++) {
      nodesPerRank[r] = tree.maximalNodes(cuts.get(r)).size();
      nodes += nodesPerRank[r];
    }
    Emitter emitter = new Emitter(cuts, new int[2 * nodes - 1]);
    emitter.emit(0, tree.leaves());
    return new TreeProgram(nodesPerRank, emitter.postfix);
  }

  private static void requireCover(ReductionTree tree, List<Range> cuts) {
    int next = 0;
    for (Range cut : cuts) {
      if (cut.start() != next || cut.size() == 0) {
        throw new IllegalArgumentException("ranks do not own contiguous leaves: " + cuts);
      }
      next = cut.end();
    }
    if (next != tree.leaves()) {
      throw new IllegalArgumentException(cuts + " does not cover " + tree.leaves() + " leaves");
    }
  }

  private static final class Emitter {
    private final List<Range> cuts;
    private final int[] postfix;
    private int length;
    private int operand;

    Emitter(List<Range> cuts, int[] postfix) {
      this.cuts = cuts;
      this.postfix = postfix;
    }

    void emit(int a, int b) {
      for (Range cut : cuts) {
        if (cut.start() <= a && b <= cut.end()) {
          postfix[length++] = operand++;
          return;
        }
      }
      int middle = ReductionTree.split(a, b);
      emit(a, middle);
      emit(middle, b);
      postfix[length++] = TreeProgram.ADD;
    }
  }
}
