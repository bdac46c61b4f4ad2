package io.carovana.cli.plan;

import io.carovana.model.memory.KvDemand;
import io.carovana.model.quant.Precision;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One way to hold a model: all that an operator chooses.
 *
 * @param nodes memory of each node, in the operator's order
 * @param stages pipeline stages
 * @param split relative sizes of the ranks of a stage; empty for an even split
 * @param precision what weights and KV cache are held in
 * @param demand what the KV cache is to hold
 */
public record Arrangement(
    List<NodeSize> nodes, int stages, List<Double> split, Precision precision, KvDemand demand) {
  /** Most requests that a plan counts at once; as many as {@code --max-sequences} takes. */
  public static final int MAX_CONCURRENCY = 1024;

  /** Copies the lists. */
  public Arrangement {
    nodes = List.copyOf(nodes);
    split = List.copyOf(split);
  }

  /** The same model on other nodes, cut another way. */
  Arrangement cut(List<NodeSize> otherNodes, int otherStages, List<Double> otherSplit) {
    return new Arrangement(otherNodes, otherStages, otherSplit, precision, demand);
  }

  /** The same in other numbers. */
  Arrangement withPrecision(Precision other) {
    return new Arrangement(nodes, stages, split, other, demand);
  }

  /** The same for another load. */
  public Arrangement withDemand(int context, int sequences) {
    return new Arrangement(nodes, stages, split, precision, new KvDemand(context, sequences));
  }

  /** The flags of the coordinator and of a plan that differ from their defaults. */
  List<String> flags() {
    List<String> flags = new ArrayList<>();
    if (stages != 1) {
      flags.add("--stages " + stages);
    }
    if (!split.isEmpty()) {
      flags.add("--split " + ratios(split));
    }
    flags.addAll(precision.flagsFrom(Precision.AS_STORED));
    return List.copyOf(flags);
  }

  /** What changes from {@code other}, as flags. */
  List<String> flagsFrom(Arrangement other) {
    List<String> flags = new ArrayList<>();
    if (!nodes.equals(other.nodes)) {
      flags.add("--nodes " + NodeSize.words(nodes));
    }
    if (stages != other.stages) {
      flags.add("--stages " + stages);
    }
    if (!split.equals(other.split)) {
      flags.add(split.isEmpty() ? "(no --split)" : "--split " + ratios(split));
    }
    flags.addAll(precision.flagsFrom(other.precision));
    if (demand.context() != other.demand.context()) {
      flags.add("--context " + demand.context());
    }
    if (demand.sequences() != other.demand.sequences()) {
      flags.add("--concurrency " + demand.sequences());
    }
    return List.copyOf(flags);
  }

  private static String ratios(List<Double> split) {
    return split.stream()
        .map(ratio -> BigDecimal.valueOf(ratio).stripTrailingZeros().toPlainString())
        .collect(Collectors.joining(","));
  }
}
