package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.ConfigException;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.model.FitCheck;
import io.carovana.cli.model.MachineMemory;
import io.carovana.cli.plan.Arrangement;
import io.carovana.cli.plan.Cuts;
import io.carovana.cli.plan.Forecaster;
import io.carovana.cli.plan.NodeSize;
import io.carovana.cli.plan.PlanJson;
import io.carovana.cli.plan.PlanModel;
import io.carovana.cli.plan.PlanReport;
import io.carovana.cli.plan.PlanText;
import io.carovana.model.config.ModelConfig;
import io.carovana.model.memory.FitPlanner;
import io.carovana.model.memory.KvDemand;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A placement that could be. */
@Command(
    name = "plan",
    description =
        "Show what each of some nodes would hold of a model and of the KV cache of its requests,"
            + " whether it fits, and what would. Reads a model's headers only, and the zero points"
            + " of 4-bit matrices; --model codellama-7b, -13b, -34b or -70b needs no files at all."
            + " Exit code 5 when it does not fit.")
final class PlacementPlanCommand extends SettingsCommand {
  @Option(
      names = "--nodes",
      paramLabel = "16g,4x8g,…",
      description =
          "Memory each node gives its worker's process; 4x8g is four nodes. This machine's free"
              + " memory if not given.")
  private @Nullable String nodes;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Requests of the full context that hold KV cache at the same time (default: 1).")
  private String concurrency = "1";

  @Option(
      names = PlanModel.FORMAT_FLAG,
      paramLabel = "F",
      description =
          "How a model without files is stored: f32, f16, bf16, q8_0, q6_k, q5_k_m, q4_k_m, q4_0,"
              + " gptq or awq (default: bf16).")
  private @Nullable String format;

  PlacementPlanCommand(CliContext context) {
    super(context);
  }

  @Override
  protected List<Setting> flags() {
    return List.of(
        Setting.MODEL,
        Setting.CONTEXT,
        Setting.QUANTIZE,
        Setting.KV,
        Setting.STAGES,
        Setting.SPLIT,
        Setting.PREFILL_CHUNK,
        Setting.MAX_SEQUENCES);
  }

  @Override
  protected ExitCode run() throws IOException {
    Settings settings = settings();
    int requests = requests(settings);
    List<NodeSize> sizes =
        nodes == null
            ? List.of(NodeSize.ofBytes(MachineMemory.freeBytes()))
            : NodeSize.parse(List.of(nodes.split(",", -1)));
    try (PlanModel model =
        PlanModel.open(settings.requireText(Setting.MODEL), format, context.distribution())) {
      Forecaster forecaster =
          new Forecaster(
              model.tensors(),
              settings.requireInteger(Setting.PREFILL_CHUNK),
              settings.requireInteger(Setting.MAX_SEQUENCES));
      Arrangement asked = arrangement(settings, sizes, requests);
      requireCut(asked, model.tensors().config());
      PlanReport report =
          PlanReport.of(model, forecaster, withContext(settings, forecaster, asked), nodes == null);
      result(PlanJson.of(report), PlanText.of(report));
      return report.forecast().fits() ? ExitCode.OK : ExitCode.DOES_NOT_FIT;
    }
  }

  private int requests(Settings settings) {
    int most = Arrangement.MAX_CONCURRENCY;
    int requests;
    try {
      requests = Integer.parseInt(concurrency.strip().replace("_", ""));
    } catch (NumberFormatException e) {
      requests = 0;
    }
    if (requests < 1 || requests > most) {
      throw new ConfigException(
          "--concurrency '%s' must be a whole number from 1 to %d.".formatted(concurrency, most));
    }
    int running = settings.requireInteger(Setting.MAX_SEQUENCES);
    if (settings.isExplicit(Setting.MAX_SEQUENCES) && requests > running) {
      throw new ConfigException(
          "--concurrency %d is more than the %d that --max-sequences lets run at once."
              .formatted(requests, running));
    }
    return requests;
  }

  private static Arrangement arrangement(Settings settings, List<NodeSize> sizes, int requests) {
    return new Arrangement(
        sizes,
        settings.requireInteger(Setting.STAGES),
        settings.ratios(Setting.SPLIT),
        FitCheck.precision(settings),
        new KvDemand(FitPlanner.MIN_CONTEXT, requests));
  }

  /** For the context that was asked for, or the longest that fits. */
  private static Arrangement withContext(
      Settings settings, Forecaster forecaster, Arrangement asked) {
    int context =
        settings
            .integer(Setting.CONTEXT)
            .orElseGet(() -> Math.max(FitPlanner.MIN_CONTEXT, forecaster.largestContext(asked)));
    return asked.withDemand(context, asked.demand().sequences());
  }

  /** Refuses nodes that cannot be cut into the stages and ranks asked for. */
  private static void requireCut(Arrangement asked, ModelConfig config) {
    int count = asked.nodes().size();
    int stages = asked.stages();
    int perStage = count / stages;
    boolean even = count % stages == 0;
    if (even && !asked.split().isEmpty() && asked.split().size() != perStage) {
      throw new ConfigException(
          "--split names %d ranks, but every stage has %d (%d --nodes, --stages %d)."
              .formatted(asked.split().size(), perStage, count, stages));
    }
    if (even && perStage <= config.kvHeads() && stages <= config.layers()) {
      return;
    }
    String reason =
        even
            ? "a stage has at most %d nodes, one for each KV head, and there are at most %d stages"
                .formatted(config.kvHeads(), config.layers())
            : "every stage must have as many";
    throw new ConfigException(
        "--nodes: %d nodes cannot be put into --stages %d: %s. %s"
            .formatted(count, stages, reason, Cuts.possible(count, config)));
  }
}
