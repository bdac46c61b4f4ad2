package io.carovana.cli.plan;

import io.carovana.cli.config.Settings;
import io.carovana.cli.model.FitCheck;
import io.carovana.model.memory.FitReport.NodeNeed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All that a plan says.
 *
 * @param model the model
 * @param forecaster the arithmetic
 * @param forecast what the asked arrangement takes
 * @param ownMachine whether the only node is this machine, because none were named
 * @param remedies what would make it fit; empty if it does, or if nothing would
 * @param capacities the most that these nodes hold
 */
public record PlanReport(
    PlanModel model,
    Forecaster forecaster,
    Forecast forecast,
    boolean ownMachine,
    List<Remedy> remedies,
    List<Capacity> capacities) {
  /** Sizes that are proposed where the operator named none. */
  private static final List<String> USUAL_SIZES = List.of("16g", "32g", "64g", "128g", "256g");

  /** Copies the lists. */
  public PlanReport {
    remedies = List.copyOf(remedies);
    capacities = List.copyOf(capacities);
  }

  /**
   * Works out everything about an arrangement.
   *
   * @throws IllegalArgumentException if the model cannot be cut so
   * @throws io.carovana.model.files.ModelException.Unsupported if it cannot be held so
   */
  public static PlanReport of(
      PlanModel model, Forecaster forecaster, Arrangement asked, boolean ownMachine) {
    Forecast forecast = forecaster.of(asked);
    List<NodeSize> sizes = ownMachine ? NodeSize.parse(USUAL_SIZES) : extremes(asked.nodes());
    List<Remedy> remedies =
        forecast.fits() ? List.of() : new Remedies(forecaster, forecast, sizes, !ownMachine).all();
    return new PlanReport(
        model, forecaster, forecast, ownMachine, remedies, Capacity.of(forecaster, asked));
  }

  private static List<NodeSize> extremes(List<NodeSize> nodes) {
    NodeSize least = nodes.getFirst();
    NodeSize most = least;
    for (NodeSize node : nodes) {
      least = node.bytes() < least.bytes() ? node : least;
      most = node.bytes() > most.bytes() ? node : most;
    }
    return Stream.of(least, most).distinct().toList();
  }

  /** What was asked for. */
  Arrangement asked() {
    return forecast.arrangement();
  }

  /** What an operator should know besides. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (ownMachine) {
      notes.add("node-1 is this machine with what is free now; name others with --nodes 16g,16g.");
    }
    model.note().ifPresent(notes::add);
    Optional<String> context =
        FitCheck.contextNote(model.tensors().config(), asked().demand().context());
    context.ifPresent(notes::add);
    return notes;
  }

  /** The plan of a remedy as a whole command. */
  String planCommand(Remedy remedy) {
    Arrangement arrangement = remedy.forecast().arrangement();
    List<String> words = new ArrayList<>();
    words.add("carovana placement plan --model " + Settings.shellWord(model.reference()));
    words.addAll(model.flags());
    words.add("--nodes " + NodeSize.words(arrangement.nodes()));
    words.add("--context " + arrangement.demand().context());
    words.add("--concurrency " + arrangement.demand().sequences());
    words.addAll(arrangement.flags());
    return String.join(" ", words);
  }

  /** The commands that start what was planned; empty for a plan that does not fit. */
  List<String> startCommands() {
    if (!forecast.fits() || ownMachine) {
      return List.of();
    }
    String path = model.format() == null ? Settings.shellWord(model.reference()) : "PATH";
    List<String> coordinator = new ArrayList<>();
    coordinator.add("carovana coordinator --model " + path);
    coordinator.add("--min-workers " + asked().nodes().size());
    coordinator.add("--context " + asked().demand().context());
    coordinator.add("--max-sequences " + forecaster.maxSequences(asked()));
    coordinator.add("--prefill-chunk " + forecaster.prefillChunk());
    coordinator.addAll(asked().flags());
    List<String> commands = new ArrayList<>();
    commands.add(String.join(" ", coordinator));
    workers()
        .forEach(
            (memory, nodes) ->
                commands.add(
                    "carovana worker --model %s --memory %dm   (%s)"
                        .formatted(path, memory >> 20, String.join(", ", nodes))));
    return commands;
  }

  /** Names of nodes by what their workers may take for weights, KV cache and workspace. */
  private Map<Long, List<String>> workers() {
    Map<Long, List<String>> workers = new LinkedHashMap<>();
    for (NodeNeed need : forecast.needs()) {
      long memory = need.node().freeBytes() - FitCheck.PER_RANK_BYTES;
      workers.computeIfAbsent(memory, key -> new ArrayList<>()).add(need.node().name());
    }
    return workers;
  }
}
