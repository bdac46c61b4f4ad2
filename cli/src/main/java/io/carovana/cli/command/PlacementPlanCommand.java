package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.ConfigException;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.config.Sizes;
import io.carovana.cli.model.FitCheck;
import io.carovana.cli.model.ModelReference;
import io.carovana.cli.model.Stages;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.memory.FitReport;
import io.carovana.model.memory.NodeMemory;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A placement that could be. */
@Command(
    name = "plan",
    description =
        "Show what each of some nodes would hold of a model, and whether it fits. Reads the model's"
            + " headers only, and the zero points of 4-bit matrices. Exit code 5 when it does not fit.")
final class PlacementPlanCommand extends SettingsCommand {
  @Option(
      names = "--nodes",
      required = true,
      split = ",",
      paramLabel = "16g,8g,…",
      description = "Memory each node gives its worker.")
  private List<String> nodes = List.of();

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
    Settings settings =
        settings().with(Setting.WORKERS, String.valueOf(nodes.size()), "flag --nodes");
    try (ModelFiles files =
        ModelReference.open(settings.requireText(Setting.MODEL), context.distribution())) {
      ShardPlan plan = ShardPlan.of(files.config(), Stages.weights(settings));
      OptionalInt context =
          settings.integer(Setting.CONTEXT).map(OptionalInt::of).orElse(OptionalInt.empty());
      FitReport report =
          new FitCheck(
                  files,
                  plan,
                  memories(),
                  FitCheck.precision(settings),
                  settings.requireInteger(Setting.PREFILL_CHUNK)
                      + settings.requireInteger(Setting.MAX_SEQUENCES))
              .report(context);
      String notes = FitCheck.widthNote(files).map(note -> note + "\n").orElse("");
      result(json(plan, report), text(plan, report) + notes);
      return report.fits() ? ExitCode.OK : ExitCode.DOES_NOT_FIT;
    }
  }

  private List<NodeMemory> memories() {
    List<NodeMemory> memories = new ArrayList<>();
    for (String node : nodes) {
      int rank = memories.size();
      try {
        memories.add(new NodeMemory("node-" + (rank + 1), Sizes.parse(node), List.of(rank)));
      } catch (IllegalArgumentException e) {
        throw new ConfigException("--nodes '" + node + "' " + e.getMessage() + ".");
      }
    }
    return memories;
  }

  private static Map<String, Object> json(ShardPlan plan, FitReport report) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("fits", report.fits());
    json.put("context", report.context());
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int rank = 0; rank < plan.ranks().size(); rank++) {
      ShardPlan.RankShard shard = plan.ranks().get(rank);
      FitReport.NodeNeed need = report.nodes().get(rank);
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("node", need.node().name());
      row.put("memory_bytes", need.node().freeBytes());
      row.put("stage", shard.stage());
      row.put("tp_rank", shard.tpRank());
      row.put("layers", range(shard.layers()));
      row.put("kv_groups", range(shard.kvGroups()));
      row.put("ffn_leaves", range(shard.ffnLeaves()));
      row.put("vocab_rows", range(shard.vocabRows()));
      row.put("weights_bytes", need.ranks().weights());
      row.put("kv_bytes_per_token", need.ranks().kvPerToken());
      row.put("kv_bytes", need.kvBytes());
      row.put("heap_bytes", need.heapBytes());
      row.put("spare_bytes", need.spareBytes());
      row.put("fits", need.spareBytes() >= 0);
      rows.add(row);
    }
    json.put("nodes", rows);
    json.put("would_fit", report.proposals());
    return json;
  }

  private static List<Integer> range(Range range) {
    return List.of(range.start(), range.end());
  }

  private static String text(ShardPlan plan, FitReport report) {
    StringBuilder text = new StringBuilder("context " + report.context() + " tokens\n");
    for (int rank = 0; rank < plan.ranks().size(); rank++) {
      ShardPlan.RankShard shard = plan.ranks().get(rank);
      FitReport.NodeNeed need = report.nodes().get(rank);
      text.append(need.spareBytes() >= 0 ? "fits      " : "TOO LARGE ")
          .append(need.line(report.context()))
          .append("\n          stage ")
          .append(shard.stage())
          .append(", layers ")
          .append(words(shard.layers()))
          .append(", KV heads ")
          .append(words(shard.kvGroups()))
          .append(", FFN leaves ")
          .append(words(shard.ffnLeaves()))
          .append(", vocabulary ")
          .append(words(shard.vocabRows()))
          .append('\n');
    }
    report
        .proposals()
        .forEach(proposal -> text.append("would fit: ").append(proposal).append('\n'));
    return text.toString();
  }

  private static String words(Range range) {
    return range.size() == 0 ? "none" : range.start() + "-" + (range.end() - 1);
  }
}
