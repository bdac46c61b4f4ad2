package io.carovana.cli.plan;

import io.carovana.model.memory.FitReport.NodeNeed;
import io.carovana.model.memory.RankMemory;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan.RankShard;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A plan for programs; sizes are bytes. */
public final class PlanJson {
  private PlanJson() {}

  /** The whole report. */
  public static Map<String, Object> of(PlanReport report) {
    Forecast forecast = report.forecast();
    Arrangement asked = report.asked();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", report.model().reference());
    if (report.model().format() != null) {
      json.put("format", report.model().format().id());
    }
    putPrecision(json, asked.precision());
    json.put("context", asked.demand().context());
    json.put("concurrency", asked.demand().sequences());
    Map<String, Object> perToken = new LinkedHashMap<>();
    for (KvProfile kv : KvProfile.values()) {
      perToken.put(kv.id(), RankMemory.kvPerToken(forecast.plan().config(), kv));
    }
    json.put("kv_bytes_per_token", perToken);
    json.put("fits", forecast.fits());
    List<Map<String, Object>> nodes = new ArrayList<>();
    for (int rank = 0; rank < forecast.needs().size(); rank++) {
      nodes.add(node(forecast.plan().ranks().get(rank), forecast.needs().get(rank)));
    }
    json.put("nodes", nodes);
    json.put("would_fit", report.remedies().stream().map(r -> remedy(report, r)).toList());
    json.put("most", report.capacities().stream().map(PlanJson::capacity).toList());
    json.put("start", report.startCommands());
    json.put("notes", report.notes());
    return json;
  }

  private static void putPrecision(Map<String, Object> json, Precision precision) {
    json.put("quantize", precision.weights().id());
    json.put("kv", precision.kv().id());
  }

  private static Map<String, Object> node(RankShard shard, NodeNeed need) {
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
    row.put("total_bytes", need.totalBytes());
    row.put("spare_bytes", need.spareBytes());
    row.put("fits", need.spareBytes() >= 0);
    return row;
  }

  private static List<Integer> range(Range range) {
    return List.of(range.start(), range.end());
  }

  private static Map<String, Object> remedy(PlanReport report, Remedy remedy) {
    Arrangement arrangement = remedy.forecast().arrangement();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("change", String.join(" ", arrangement.flagsFrom(report.asked())));
    json.put("words", remedy.words());
    json.put("nodes", arrangement.nodes().size());
    json.put("spare_bytes", remedy.forecast().tightest().spareBytes());
    json.put("command", report.planCommand(remedy));
    return json;
  }

  private static Map<String, Object> capacity(Capacity capacity) {
    Map<String, Object> json = new LinkedHashMap<>();
    putPrecision(json, capacity.precision());
    json.put("context", capacity.context());
    json.put("concurrency", capacity.requests());
    return json;
  }
}
