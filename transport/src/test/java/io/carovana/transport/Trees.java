package io.carovana.transport;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Tree programs for tests, and their plain evaluation. */
final class Trees {
  private Trees() {}

  /** ((0 + 1) + 2) + … */
  static TreeProgram leftToRight(int[] nodesPerRank) {
    List<Integer> postfix = new ArrayList<>(List.of(0));
    int nodes = sum(nodesPerRank);
    for (int node = 1; node < nodes; node++) {
      postfix.add(node);
      postfix.add(TreeProgram.ADD);
    }
    return program(nodesPerRank, postfix);
  }

  /** A random binary tree over all partial sums in order. */
  static TreeProgram random(int[] nodesPerRank, Random random) {
    List<Integer> postfix = new ArrayList<>();
    grow(0, sum(nodesPerRank), random, postfix);
    return program(nodesPerRank, postfix);
  }

  private static void grow(int from, int to, Random random, List<Integer> postfix) {
    if (to - from == 1) {
      postfix.add(from);
      return;
    }
    int middle = from + 1 + random.nextInt(to - from - 1);
    grow(from, middle, random, postfix);
    grow(middle, to, random, postfix);
    postfix.add(TreeProgram.ADD);
  }

  private static TreeProgram program(int[] nodesPerRank, List<Integer> postfix) {
    return new TreeProgram(nodesPerRank, postfix.stream().mapToInt(Integer::intValue).toArray());
  }

  private static int sum(int[] values) {
    int sum = 0;
    for (int value : values) {
      sum += value;
    }
    return sum;
  }

  /**
   * The sum element by element with a plain stack.
   *
   * @param nodes every rank's partial sums, {@code [rank][node * elements + i]}
   */
  static float[] evaluate(TreeProgram program, float[][] nodes, int elements) {
    float[] sums = new float[elements];
    float[] stack = new float[program.nodes()];
    for (int i = 0; i < elements; i++) {
      int depth = 0;
      for (int word : program.postfix()) {
        if (word == TreeProgram.ADD) {
          depth--;
          stack[depth - 1] += stack[depth];
        } else {
          int rank = 0;
          while (program.firstNode(rank + 1) <= word) {
            rank++;
          }
          stack[depth++] = nodes[rank][(word - program.firstNode(rank)) * elements + i];
        }
      }
      sums[i] = stack[0];
    }
    return sums;
  }

  /** Floats of many magnitudes, so that every other order of adding shows in the bits. */
  static float[] values(int count, Random random) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(7) - 3));
    }
    return values;
  }
}
