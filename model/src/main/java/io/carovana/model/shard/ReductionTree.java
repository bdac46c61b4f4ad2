package io.carovana.model.shard;

import java.util.ArrayList;
import java.util.List;

/**
 * The canonical summation tree over {@code leaves} partial sums (docs/numerics.md, rule 5): a node
 * over leaves {@code [a, b)} splits at {@code a + ceil((b - a) / 2)} and its value is {@code left +
 * right} in f32. Whoever owns a contiguous run of leaves sums the maximal nodes inside it; whoever
 * finishes the tree from such nodes gets the same bits for every cut.
 */
public record ReductionTree(int leaves) {
  /** Refuses a tree without leaves. */
  public ReductionTree {
    if (leaves < 1) {
      throw new IllegalArgumentException("a reduction tree needs at least one leaf, not " + leaves);
    }
  }

  /** Where the node over {@code [a, b)}, {@code b - a >= 2}, splits. */
  public static int split(int a, int b) {
    return a + (b - a + 1) / 2;
  }

  /** The maximal tree nodes inside {@code run}, ascending; empty for an empty run. */
  public List<Range> maximalNodes(Range run) {
    List<Range> nodes = new ArrayList<>();
    collect(0, leaves, run, nodes);
    return List.copyOf(nodes);
  }

  private static void collect(int a, int b, Range run, List<Range> nodes) {
    if (b <= run.start() || run.end() <= a) {
      return;
    }
    if (run.start() <= a && b <= run.end()) {
      nodes.add(new Range(a, b));
      return;
    }
    int middle = split(a, b);
    collect(a, middle, run, nodes);
    collect(middle, b, run, nodes);
  }
}
