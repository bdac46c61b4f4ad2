package io.carovana.cli.plan;

import io.carovana.model.Numerics;
import io.carovana.model.config.ModelConfig;
import io.carovana.model.memory.ByteSize;
import io.carovana.model.memory.FitReport.NodeNeed;
import io.carovana.model.memory.KvDemand;
import io.carovana.model.memory.RankMemory;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan.RankShard;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** A plan for people. */
public final class PlanText {
  private PlanText() {}

  /** The whole report. */
  public static String of(PlanReport report) {
    return heading(report)
        + nodes(report.forecast())
        + verdict(report.forecast())
        + remedies(report)
        + capacities(report)
        + lines("Start it so:", report.startCommands())
        + lines("Notes:", report.notes());
  }

  private static String heading(PlanReport report) {
    Arrangement asked = report.asked();
    Precision precision = asked.precision();
    String stored =
        report.model().format() == null ? "" : " stored as " + report.model().format().id();
    String held =
        precision.weights() == Quantization.NONE
            ? ""
            : ", quantized to " + precision.weights().id();
    return "%s%s%s, KV cache in %s: %s\n%s\n%s\n\n"
        .formatted(
            report.model().reference(),
            stored,
            held,
            precision.kv().id(),
            load(asked.demand()),
            kv(report.model().tensors().config()),
            requests(report.forecast()));
  }

  private static String load(KvDemand demand) {
    return demand.sequences() == 1
        ? "1 request of %d tokens".formatted(demand.context())
        : "%d requests of %d tokens at once".formatted(demand.sequences(), demand.context());
  }

  /** What decides the size of the KV cache, and its size per token in every profile. */
  private static String kv(ModelConfig config) {
    String heads =
        config.heads() == config.kvHeads()
            ? "%d KV heads (multi-head)".formatted(config.kvHeads())
            : "%d KV heads for %d heads (grouped-query)"
                .formatted(config.kvHeads(), config.heads());
    return "%d layers, %s; KV cache per token: %s"
        .formatted(
            config.layers(),
            heads,
            Arrays.stream(KvProfile.values())
                .map(kv -> ByteSize.format(RankMemory.kvPerToken(config, kv)) + " in " + kv.id())
                .collect(Collectors.joining(", ")));
  }

  private static String requests(Forecast forecast) {
    KvDemand demand = forecast.arrangement().demand();
    long all = forecast.needs().stream().mapToLong(NodeNeed::kvBytes).sum();
    String together =
        demand.sequences() == 1
            ? ""
            : ", all %d take %s".formatted(demand.sequences(), ByteSize.format(all));
    return "one such request takes %s of KV cache%s"
        .formatted(ByteSize.format(all / demand.sequences()), together);
  }

  private static String nodes(Forecast forecast) {
    Columns table = new Columns(2);
    table.row(
        List.of(
            "node",
            "fits",
            "stage",
            "layers",
            "KV heads",
            "FFN leaves",
            "vocabulary",
            "weights",
            "KV/token",
            "KV",
            "buffers",
            "sum",
            "offers"));
    for (int rank = 0; rank < forecast.needs().size(); rank++) {
      table.row(row(forecast.plan().ranks().get(rank), forecast.needs().get(rank)));
    }
    if (forecast.needs().size() > 1) {
      table.row(
          List.of(
              "all",
              forecast.fits() ? "yes" : "no",
              "",
              "",
              "",
              "",
              "",
              sum(forecast, need -> need.ranks().weights()),
              sum(forecast, need -> need.ranks().kvPerToken()),
              sum(forecast, NodeNeed::kvBytes),
              sum(forecast, NodeNeed::heapBytes),
              sum(forecast, NodeNeed::totalBytes),
              sum(forecast, need -> need.node().freeBytes())));
    }
    return table.text("");
  }

  private static List<String> row(RankShard shard, NodeNeed need) {
    return List.of(
        need.node().name(),
        need.spareBytes() >= 0 ? "yes" : "no, lacks " + ByteSize.format(-need.spareBytes()),
        String.valueOf(shard.stage()),
        words(shard.layers()),
        words(shard.kvGroups()),
        words(shard.ffnLeaves()),
        words(shard.vocabRows()),
        ByteSize.format(need.ranks().weights()),
        ByteSize.format(need.ranks().kvPerToken()),
        ByteSize.format(need.kvBytes()),
        ByteSize.format(need.heapBytes()),
        ByteSize.format(need.totalBytes()),
        ByteSize.format(need.node().freeBytes()));
  }

  private static String sum(Forecast forecast, ToLongFunction<NodeNeed> bytes) {
    return ByteSize.format(forecast.needs().stream().mapToLong(bytes).sum());
  }

  private static String words(Range range) {
    return range.size() == 1
        ? String.valueOf(range.start())
        : range.start() + "-" + (range.end() - 1);
  }

  private static String verdict(Forecast forecast) {
    if (forecast.tooManyPages()) {
      long pages = RankMemory.maxKvPages(forecast.plan().config());
      KvDemand one = new KvDemand(forecast.arrangement().demand().context(), 1);
      return """

          DOES NOT FIT, whatever the memory: a KV pool has at most %d pages of %d tokens, enough for \
          %d such requests.
          """
          .formatted(pages, Numerics.KV_PAGE_TOKENS, pages / one.pages());
    }
    if (forecast.fits()) {
      return "\nFITS, with " + spare(forecast) + ".\n";
    }
    NodeNeed tightest = forecast.tightest();
    String lack = tightest.node().name() + " lacks " + ByteSize.format(-tightest.spareBytes());
    long lacking = forecast.needs().stream().filter(need -> need.spareBytes() < 0).count();
    return lacking == 1
        ? "\nDOES NOT FIT: %s.\n".formatted(lack)
        : "\nDOES NOT FIT: %d of %d nodes lack memory, and %s.\n"
            .formatted(lacking, forecast.needs().size(), lack);
  }

  private static String spare(Forecast forecast) {
    NodeNeed tightest = forecast.tightest();
    return ByteSize.format(tightest.spareBytes()) + " to spare on " + tightest.node().name();
  }

  private static String remedies(PlanReport report) {
    if (report.forecast().fits()) {
      return "";
    }
    if (report.remedies().isEmpty()) {
      return report.forecast().tooManyPages()
          ? ""
          : """

          Nothing narrower fits here, nor up to %d nodes of these sizes: take larger ones, fewer \
          requests or less context.
          """
              .formatted(NodeSize.MAX_NODES);
    }
    Columns table = new Columns(3);
    for (Remedy remedy : report.remedies()) {
      Arrangement arrangement = remedy.forecast().arrangement();
      table.row(
          List.of(
              String.join(" ", arrangement.flagsFrom(report.asked())),
              remedy.words(),
              spare(remedy.forecast())));
    }
    return "\nEach of these fits:\n" + table.text("  ");
  }

  private static String capacities(PlanReport report) {
    KvDemand demand = report.asked().demand();
    Columns table = new Columns(1);
    table.row(
        List.of(
            "Most on these nodes",
            "context with %d at once".formatted(demand.sequences()),
            "at once with %d tokens".formatted(demand.context())));
    for (Capacity capacity : report.capacities()) {
      List<String> flags = capacity.precision().flagsFrom(report.asked().precision());
      table.row(
          List.of(
              flags.isEmpty() ? "  as asked" : "  " + String.join(" ", flags),
              capacity.context() == 0 ? "none" : String.valueOf(capacity.context()),
              capacity.requests() == 0 ? "none" : String.valueOf(capacity.requests())));
    }
    return "\n" + table.text("");
  }

  private static String lines(String heading, List<String> lines) {
    return lines.isEmpty()
        ? ""
        : "\n"
            + heading
            + "\n"
            + lines.stream().map(line -> "  " + line + "\n").collect(Collectors.joining());
  }
}
