package io.carovana.gateway.http;

import io.carovana.gateway.engine.EngineState;
import io.carovana.gateway.engine.Speed;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.Counters;
import io.carovana.protocol.v1.RankStatus;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The coordinator's last word in Prometheus' text format. */
final class ClusterMetrics {
  private final StringBuilder out = new StringBuilder();

  private ClusterMetrics() {}

  static String text(EngineState state) {
    ClusterMetrics metrics = new ClusterMetrics();
    metrics.gauge(
        "carovana_ready",
        "Whether requests should be sent here",
        state.whyNotReady() == null ? 1 : 0);
    if (state.ageMs() >= 0) {
      metrics.cluster(state.cluster());
    }
    return metrics.out.toString();
  }

  private void cluster(ClusterState state) {
    gauge("carovana_epoch", "Epoch of the placement", state.getEpoch());
    gauge("carovana_queue_size", "Requests waiting", state.getQueued());
    gauge("carovana_queue_limit", "Most requests waiting", state.getMaxQueue());
    gauge("carovana_running_requests", "Requests running", state.getRunning());
    gauge("carovana_kv_pages_free", "Free pages of the KV cache", state.getKvPagesFree());
    gauge("carovana_kv_pages_total", "Pages of the KV cache", state.getKvPagesTotal());
    gauge(
        "carovana_kv_pages_cached",
        "Free pages of the KV cache that hold a finished block of the prefix cache",
        state.getKvPagesCached());
    gauge("carovana_kv_page_bytes", "Bytes of a page on all ranks", state.getKvPageBytes());
    gauge(
        "carovana_prompt_tokens_to_read",
        "Prompt tokens that running requests have still to read",
        state.getRequestsList().stream()
            .filter(request -> !request.getState().equals("queued"))
            .mapToLong(request -> Math.max(0, request.getPromptTotal() - request.getPromptDone()))
            .sum());
    pace(Speed.of(state.getPace()));
    counters(state.getCounters());
    ranks(state.getRanksList());
  }

  /** What is not known yet is left out. */
  private void pace(Speed speed) {
    if (speed.prefillKnown()) {
      gauge(
          "carovana_pace_prompt_token_seconds",
          "Reading a prompt token, without attention to what is before it",
          speed.tokenUs() / 1e6);
      gauge(
          "carovana_pace_prompt_position_seconds",
          "Reading a prompt token takes so much longer for each position before it",
          speed.positionNs() / 1e9);
    }
    if (speed.decodeKnown()) {
      gauge(
          "carovana_pace_decode_seconds",
          "A decode step while no prompt is read",
          speed.decodeMs() / 1e3);
    }
  }

  private void counters(Counters counters) {
    counter("carovana_cluster_requests_accepted", counters.getRequestsAccepted());
    counter("carovana_cluster_requests_finished", counters.getRequestsFinished());
    counter("carovana_cluster_requests_failed", counters.getRequestsFailed());
    counter("carovana_cluster_requests_cancelled", counters.getRequestsCancelled());
    counter("carovana_cluster_tokens_generated", counters.getTokensGenerated());
    counter("carovana_cluster_prompt_tokens", counters.getPromptTokens());
    counter("carovana_cluster_prompt_tokens_cached", counters.getPromptTokensCached());
    counter("carovana_cluster_preemptions", counters.getPreemptions());
    counter("carovana_cluster_tokens_guessed", counters.getTokensGuessed());
    counter("carovana_cluster_guesses_held", counters.getGuessesHeld());
    counter("carovana_cluster_steps", counters.getSteps());
    counter("carovana_cluster_frames_dropped_epoch", counters.getFramesDroppedEpoch());
    counter("carovana_cluster_workers_fenced", counters.getWorkersFenced());
  }

  private void ranks(List<RankStatus> ranks) {
    perRank(
        ranks,
        "carovana_rank_compute_seconds",
        "Computing, since the epoch began",
        RankStatus::getComputeSeconds);
    perRank(
        ranks,
        "carovana_rank_all_reduce_wait_seconds",
        "Waiting in all-reduce, since the epoch began",
        RankStatus::getAllReduceWaitSeconds);
    perRank(
        ranks, "carovana_rank_step_p50_seconds", "Median step", rank -> rank.getStepP50Ms() / 1e3);
    perRank(
        ranks,
        "carovana_rank_step_p99_seconds",
        "99th percentile of steps",
        rank -> rank.getStepP99Ms() / 1e3);
    perRank(ranks, "carovana_rank_steps", "Steps, since the epoch began", RankStatus::getSteps);
    perRank(
        ranks,
        "carovana_rank_degraded",
        "Whether the rank is much slower than the others",
        rank -> rank.getDegraded() ? 1 : 0);
    head("carovana_rank_info", "The kernel and state of a rank", "gauge");
    for (RankStatus rank : ranks) {
      out.append("carovana_rank_info{").append(labels(rank));
      out.append(",kernel=\"").append(escaped(rank.getKernel()));
      out.append("\",state=\"").append(escaped(rank.getState())).append("\"} 1\n");
    }
  }

  private void perRank(
      List<RankStatus> ranks, String name, String help, ToDoubleFunction<RankStatus> value) {
    head(name, help, "gauge");
    for (RankStatus rank : ranks) {
      out.append(name).append('{').append(labels(rank)).append("} ");
      out.append(value.applyAsDouble(rank)).append('\n');
    }
  }

  private void gauge(String name, String help, double value) {
    head(name, help, "gauge");
    out.append(name).append(' ').append(value).append('\n');
  }

  private void gauge(String name, String help, long value) {
    head(name, help, "gauge");
    out.append(name).append(' ').append(value).append('\n');
  }

  private void counter(String name, long value) {
    out.append("# TYPE ").append(name).append("_total counter\n");
    out.append(name).append("_total ").append(value).append('\n');
  }

  private void head(String name, String help, String type) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private static String labels(RankStatus rank) {
    return "rank=\""
        + rank.getRank()
        + "\",stage=\""
        + rank.getStage()
        + "\",node=\""
        + escaped(rank.getNode())
        + "\"";
  }

  private static String escaped(String label) {
    return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }
}
