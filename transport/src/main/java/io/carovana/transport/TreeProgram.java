package io.carovana.transport;

/**
 * How a sum is finished from the partial sums of all ranks, as a postfix program: an operand {@code
 * k >= 0} pushes partial sum k (numbered rank by rank, and pushed in ascending order), {@link #ADD}
 * replaces the two topmost values by {@code left + right}. Every rank runs the same program over
 * the same operands, so the algorithm that moved them never shows in the bits.
 *
 * @param nodesPerRank partial sums each tensor-parallel rank sends
 * @param postfix the program
 */
public record TreeProgram(int[] nodesPerRank, int[] postfix) {
  /** Adds the two topmost values. */
  public static final int ADD = -1;

  /** Refuses a program that does not use every partial sum once. */
  public TreeProgram {
    int nodes = 0;
    for (int count : nodesPerRank) {
      if (count < 1) {
        throw new IllegalArgumentException("every rank sends a partial sum, not " + count);
      }
      nodes = Math.addExact(nodes, count);
    }
    boolean[] used = new boolean[nodes];
    int depth = 0;
    for (int word : postfix) {
      depth += word == ADD ? -1 : 1;
      if (word < ADD || word >= nodes || depth < 1 || (word != ADD && used[word])) {
        throw new IllegalArgumentException("word " + word + " at depth " + depth);
      }
      if (word != ADD) {
        used[word] = true;
      }
    }
    if (depth != 1 || postfix.length != 2 * nodes - 1) {
      throw new IllegalArgumentException("the program does not sum its " + nodes + " operands");
    }
  }

  /** Number of partial sums of all ranks. */
  public int nodes() {
    int sum = 0;
    for (int nodes : nodesPerRank) {
      sum += nodes;
    }
    return sum;
  }

  /** Number of the first partial sum of {@code rank}. */
  public int firstNode(int rank) {
    int sum = 0;
    for (int r = 0; r < rank; r++) {
      sum += nodesPerRank[r];
    }
    return sum;
  }
}
