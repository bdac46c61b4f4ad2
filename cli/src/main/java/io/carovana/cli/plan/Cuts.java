package io.carovana.cli.plan;

import io.carovana.model.config.ModelConfig;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The ways to cut a model between given nodes that are worth trying. Pure. */
public final class Cuts {
  /** Largest part of a proposed split; finer ones would not be read. */
  private static final int MOST_PARTS = 64;

  private Cuts() {}

  /**
   * Even stages of every number that divides the nodes, the arrangement's own first; for one stage
   * of unequal nodes also in proportion to their memory.
   */
  static List<Arrangement> of(Arrangement arrangement, List<NodeSize> nodes, ModelConfig config) {
    List<Arrangement> cuts = new ArrayList<>();
    for (int stages : stages(arrangement.stages(), nodes.size(), config)) {
      cuts.add(arrangement.cut(nodes, stages, List.of()));
      if (stages == 1 && nodes.stream().distinct().count() > 1) {
        cuts.add(arrangement.cut(nodes, 1, proportional(nodes)));
      }
    }
    return List.copyOf(cuts);
  }

  /** Which numbers of stages {@code nodes} nodes could have, in a sentence. */
  public static String possible(int nodes, ModelConfig config) {
    List<Integer> stages = stages(1, nodes, config);
    return stages.isEmpty()
        ? "No --stages takes %d nodes of this model; name another number of nodes.".formatted(nodes)
        : "--stages may be "
            + stages.stream().map(String::valueOf).collect(Collectors.joining(", "))
            + ".";
  }

  private static List<Integer> stages(int own, int nodes, ModelConfig config) {
    return IntStream.rangeClosed(1, Math.min(nodes, config.layers()))
        .filter(stages -> nodes % stages == 0 && nodes / stages <= config.kvHeads())
        .boxed()
        .sorted(Comparator.comparing((Integer stages) -> stages != own))
        .toList();
  }

  /** Parts for nodes that are placed largest first, such as 2, 1 for 8g, 16g. */
  private static List<Double> proportional(List<NodeSize> nodes) {
    List<Long> sizes =
        nodes.stream().map(NodeSize::bytes).sorted(Comparator.reverseOrder()).toList();
    long divisor = sizes.stream().reduce(Cuts::commonDivisor).orElseThrow();
    long largest = sizes.getFirst();
    return sizes.stream()
        .map(
            size ->
                largest / divisor <= MOST_PARTS
                    ? (double) (size / divisor)
                    : Math.max(1, Math.round((double) size / largest * MOST_PARTS)))
        .toList();
  }

  private static long commonDivisor(long a, long b) {
    return b == 0 ? a : commonDivisor(b, a % b);
  }
}
