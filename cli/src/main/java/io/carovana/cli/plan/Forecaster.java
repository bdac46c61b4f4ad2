package io.carovana.cli.plan;

import io.carovana.cli.model.FitCheck;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.TensorReader;
import io.carovana.model.memory.FitPlanner;
import io.carovana.model.memory.NodeMemory;
import io.carovana.model.shard.ShardPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The memory of a model in any arrangement. Pure.
 *
 * @param model the model's tensors
 * @param prefillChunk most prompt tokens of one step
 * @param maxSequences most requests running at once, unless more are to hold KV
 */
public record Forecaster(TensorReader model, int prefillChunk, int maxSequences) {
  /** {@link #maxSequences}, or more where the arrangement asks for more. */
  int maxSequences(Arrangement arrangement) {
    return Math.max(maxSequences, arrangement.demand().sequences());
  }

  /**
   * The forecast.
   *
   * @throws IllegalArgumentException if the model cannot be cut so
   * @throws ModelException.Unsupported if it cannot be held so
   */
  public Forecast of(Arrangement arrangement) {
    FitPlanner planner = planner(arrangement);
    return new Forecast(
        arrangement, planner.plan(), planner.needs(arrangement.precision(), arrangement.demand()));
  }

  /** The forecast if it fits; empty too if the model cannot be cut or held so. */
  Optional<Forecast> fitting(Arrangement arrangement) {
    try {
      return Optional.of(of(arrangement)).filter(Forecast::fits);
    } catch (IllegalArgumentException | ModelException.Unsupported e) {
      return Optional.empty();
    }
  }

  /** Whether the model can be held in the precision of an arrangement that it can be cut for. */
  boolean holds(Arrangement arrangement) {
    try {
      of(arrangement);
      return true;
    } catch (ModelException.Unsupported e) {
      return false;
    }
  }

  /** The longest context with as many requests; 0 if there is none worth having. */
  public int largestContext(Arrangement arrangement) {
    try {
      return planner(arrangement)
          .largestContext(arrangement.precision(), arrangement.demand().sequences());
    } catch (ModelException.Unsupported e) {
      return 0;
    }
  }

  /** The most requests with as long a context; 0 if none fits. */
  int largestConcurrency(Arrangement arrangement) {
    int least = 0;
    int most = Arrangement.MAX_CONCURRENCY;
    while (least < most) {
      int middle = (least + most + 1) / 2;
      if (fitting(arrangement.withDemand(arrangement.demand().context(), middle)).isPresent()) {
        least = middle;
      } else {
        most = middle - 1;
      }
    }
    return least;
  }

  /** Ranks go to the nodes as a coordinator places them: the largest first. */
  private FitPlanner planner(Arrangement arrangement) {
    List<NodeSize> nodes = arrangement.nodes();
    List<Integer> order =
        IntStream.range(0, nodes.size())
            .boxed()
            .sorted(Comparator.comparingLong((Integer node) -> nodes.get(node).bytes()).reversed())
            .toList();
    List<NodeMemory> memories = new ArrayList<>();
    for (int node : order) {
      memories.add(
          new NodeMemory("node-" + (node + 1), nodes.get(node).bytes(), List.of(memories.size())));
    }
    return new FitPlanner(
        model,
        ShardPlan.of(model.config(), stageWeights(arrangement)),
        memories,
        prefillChunk + maxSequences(arrangement),
        FitCheck.PER_RANK_BYTES);
  }

  private static List<double[]> stageWeights(Arrangement arrangement) {
    double[] weights = new double[arrangement.nodes().size() / arrangement.stages()];
    Arrays.setAll(
        weights, rank -> arrangement.split().isEmpty() ? 1 : arrangement.split().get(rank));
    return Collections.nCopies(arrangement.stages(), weights);
  }
}
