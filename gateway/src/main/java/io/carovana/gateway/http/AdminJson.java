package io.carovana.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carovana.gateway.engine.EngineState;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.Counters;
import io.carovana.protocol.v1.IntRange;
import io.carovana.protocol.v1.LoadProgress;
import io.carovana.protocol.v1.NodeStatus;
import io.carovana.protocol.v1.RankStatus;

/** The answers of {@code /admin/v1}, which the operator's commands show. */
final class AdminJson {
  private AdminJson() {}

  static ObjectNode status(EngineState state, ServedModel model) {
    ClusterState cluster = state.cluster();
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    String notServing = state.whyNotServing();
    String notReady = state.whyNotReady();
    root.put("serving", notServing == null);
    root.put("ready", notReady == null);
    root.put("reason", notReady);
    root.put("coordinator", cluster.getCoordinatorIncarnation());
    root.put("coordinator_age_ms", state.ageMs());
    root.put("epoch", cluster.getEpoch());
    putModel(root, cluster, model);
    ObjectNode requests = root.putObject("requests");
    requests.put("queued", cluster.getQueued());
    requests.put("running", cluster.getRunning());
    requests.put("max_queue", cluster.getMaxQueue());
    LoadJson.putRequests(requests.putArray("live"), cluster.getRequestsList());
    LoadJson.putPages(root.putObject("kv_pages"), cluster);
    LoadJson.putPrefixCache(root.putObject("prefix_cache"), cluster);
    LoadJson.putGuesses(root.putObject("guesses"), cluster);
    LoadJson.putPace(root.putObject("pace"), cluster);
    root.put("last_token_age_ms", cluster.getLastTokenAgeMs());
    root.put("self_test_passed", cluster.getSelfTestPassed());
    putCounters(root.putObject("counters"), cluster.getCounters());
    ArrayNode nodes = root.putArray("nodes");
    cluster.getNodesList().forEach(node -> putNode(nodes.addObject(), node));
    ArrayNode ranks = root.putArray("ranks");
    cluster.getRanksList().forEach(rank -> putRank(ranks.addObject(), rank));
    ArrayNode loading = root.putArray("loading");
    cluster.getLoadingList().forEach(load -> putLoading(loading.addObject(), load));
    return root;
  }

  static ObjectNode placement(EngineState state, ServedModel model) {
    ClusterState cluster = state.cluster();
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("serving", state.whyNotServing() == null);
    root.put("epoch", cluster.getEpoch());
    putModel(root, cluster, model);
    root.put("explanation", cluster.getPlacement());
    root.put(
        "stages",
        cluster.getRanksList().stream().mapToInt(RankStatus::getStage).distinct().count());
    ArrayNode ranks = root.putArray("ranks");
    for (RankStatus rank : cluster.getRanksList()) {
      putPlace(ranks.addObject(), rank);
    }
    return root;
  }

  private static void putModel(ObjectNode root, ClusterState cluster, ServedModel model) {
    ObjectNode node = root.putObject("model");
    node.put("name", model.name(cluster));
    node.put("digest", cluster.getModelDigest());
    node.put("numerics_id", cluster.getNumericsId());
    node.put("context", cluster.getContext());
    node.put("vocab_size", cluster.getVocabSize());
  }

  private static void putCounters(ObjectNode node, Counters counters) {
    node.put("requests_accepted", counters.getRequestsAccepted());
    node.put("requests_finished", counters.getRequestsFinished());
    node.put("requests_failed", counters.getRequestsFailed());
    node.put("requests_cancelled", counters.getRequestsCancelled());
    node.put("tokens_generated", counters.getTokensGenerated());
    node.put("prompt_tokens", counters.getPromptTokens());
    node.put("prompt_tokens_cached", counters.getPromptTokensCached());
    node.put("tokens_guessed", counters.getTokensGuessed());
    node.put("guesses_held", counters.getGuessesHeld());
    node.put("preemptions", counters.getPreemptions());
    node.put("steps", counters.getSteps());
    node.put("frames_dropped_epoch", counters.getFramesDroppedEpoch());
    node.put("workers_fenced", counters.getWorkersFenced());
  }

  private static void putNode(ObjectNode node, NodeStatus status) {
    node.put("node", status.getNode());
    node.put("incarnation", status.getIncarnation());
    node.put("role", status.getRole());
    node.put("state", status.getState());
    node.put("detail", status.getDetail());
    node.put("memory_bytes", status.getMemoryBytes());
    node.put("threads", status.getThreads());
    node.put("data_channel", status.getData().getChannel());
  }

  private static void putRank(ObjectNode node, RankStatus rank) {
    putPlace(node, rank);
    node.put("kernel", rank.getKernel());
    node.put("degraded", rank.getDegraded());
    node.put("compute_seconds", rank.getComputeSeconds());
    node.put("all_reduce_wait_seconds", rank.getAllReduceWaitSeconds());
    node.put("step_p50_ms", rank.getStepP50Ms());
    node.put("step_p99_ms", rank.getStepP99Ms());
    node.put("steps", rank.getSteps());
  }

  private static void putPlace(ObjectNode node, RankStatus rank) {
    node.put("rank", rank.getRank());
    node.put("stage", rank.getStage());
    node.put("tp_rank", rank.getTpRank());
    node.put("node", rank.getNode());
    node.put("state", rank.getState());
    putRange(node.putObject("layers"), rank.getLayers());
    putRange(node.putObject("kv_groups"), rank.getKvGroups());
    putRange(node.putObject("ffn_leaves"), rank.getFfnLeaves());
    putRange(node.putObject("vocab_rows"), rank.getVocabRows());
  }

  private static void putRange(ObjectNode node, IntRange range) {
    node.put("start", range.getStart());
    node.put("end", range.getEnd());
  }

  private static void putLoading(ObjectNode node, LoadProgress load) {
    node.put("node", load.getNode());
    node.put("epoch", load.getEpoch());
    node.put("phase", load.getPhase());
    node.put("bytes_done", load.getBytesDone());
    node.put("bytes_total", load.getBytesTotal());
  }
}
