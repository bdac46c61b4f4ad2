package io.carovana.worker.kernels;

import io.carovana.model.shard.Range;
import io.carovana.model.shard.ReductionTree;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * How a rank sums its leaves into the maximal nodes of the canonical tree (rules 4 and 5), as a
 * postfix program over a stack: {@code op >= 0} pushes leaf op's chain, {@link #ADD} replaces the
 * two topmost by {@code left + right}, {@link #EMIT} pops the next node's value.
 */
public final class LeafProgram {
  /** Adds the two topmost values. */
  public static final int ADD = -1;

  /** Pops a finished node. */
  public static final int EMIT = -2;

  /** Stack entries that a program may need: enough for 16,000 leaves. */
  public static final int MAX_DEPTH = 16;

  private final int[] boundaries;
  private final int[] program;
  private final int nodes;

  private LeafProgram(int[] boundaries, int[] program, int nodes) {
    this.boundaries = boundaries;
    this.program = program;
    this.nodes = nodes;
  }

  /**
   * The program of a rank.
   *
   * @param tree the tree over all leaves
   * @param run the leaves this rank owns
   * @param boundary first column of a leaf in the whole matrix; asked also for {@code run.end()}
   * @throws IllegalArgumentException if the tree is deeper than {@link #MAX_DEPTH}
   */
  public static LeafProgram of(ReductionTree tree, Range run, IntUnaryOperator boundary) {
    int[] boundaries = new int[run.size() + 1];
    for (int i = 0; i <= run.size(); i++) {
      boundaries[i] = boundary.applyAsInt(run.start() + i) - boundary.applyAsInt(run.start());
    }
    List<Integer> ops = new ArrayList<>();
    List<Range> nodes = tree.maximalNodes(run);
    for (Range node : nodes) {
      if (depth(node.size()) > MAX_DEPTH) {
        throw new IllegalArgumentException(tree.leaves() + " leaves are too many");
      }
      post(node.start(), node.end(), run.start(), ops);
      ops.add(EMIT);
    }
    return new LeafProgram(
        boundaries, ops.stream().mapToInt(Integer::intValue).toArray(), nodes.size());
  }

  private static void post(int a, int b, int first, List<Integer> ops) {
    if (b - a == 1) {
      ops.add(a - first);
      return;
    }
    int middle = ReductionTree.split(a, b);
    post(a, middle, first, ops);
    post(middle, b, first, ops);
    ops.add(ADD);
  }

  private static int depth(int leaves) {
    return 1 + Integer.SIZE - Integer.numberOfLeadingZeros(leaves - 1);
  }

  /** Nodes the program emits. */
  public int nodes() {
    return nodes;
  }

  /** Columns of all leaves together. */
  public int columns() {
    return boundaries[boundaries.length - 1];
  }

  /** Number of operations. */
  public int length() {
    return program.length;
  }

  /** Operation {@code i}. */
  public int op(int i) {
    return program[i];
  }

  /** First column of local leaf {@code leaf}; {@code start(leaf + 1)} is its end. */
  public int start(int leaf) {
    return boundaries[leaf];
  }

  /**
   * Checks that no block straddles two leaves.
   *
   * @throws IllegalArgumentException if the format's blocks do, which no choice of ranks can mend
   */
  public void requireBlocks(PanelFormat format) {
    for (int boundary : boundaries) {
      if (format.quantized() && boundary % format.block() != 0) {
        throw new IllegalArgumentException(
            "a leaf ends at column " + boundary + ", inside a block of " + format.block());
      }
    }
  }
}
