package io.carovana.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carovana.gateway.engine.Speed;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.Counters;
import io.carovana.protocol.v1.Pace;
import io.carovana.protocol.v1.Priority;
import io.carovana.protocol.v1.RequestStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code /admin/v1/status} tells of requests, KV pages and pace; null for what is unknown. */
final class LoadJson {
  private LoadJson() {}

  static void putRequests(ArrayNode array, List<RequestStatus> requests) {
    for (RequestStatus request : requests) {
      ObjectNode node = array.addObject();
      node.put("id", request.getRequestId());
      node.put("client", request.getClient());
      node.put("priority", request.getPriority() == Priority.BATCH ? "batch" : "interactive");
      node.put("state", request.getState());
      node.put("prompt_tokens", request.getPromptTotal());
      node.put("prompt_tokens_read", request.getPromptDone());
      node.put("prompt_tokens_cached", request.getCached());
      node.put("prompt_left_ms", leftMs(request));
      node.put("completion_tokens", request.getCompletionTokens());
    }
  }

  /**
   * Bytes are of all ranks together; cached pages are free: they give way to whoever needs them.
   */
  static void putPages(ObjectNode node, ClusterState cluster) {
    int total = cluster.getKvPagesTotal();
    int free = cluster.getKvPagesFree();
    long pageBytes = cluster.getKvPageBytes();
    node.put("total", total);
    node.put("used", total - free);
    node.put("free", free);
    node.put("cached", cluster.getKvPagesCached());
    node.put("page_bytes", pageBytes);
    node.put("total_bytes", total * pageBytes);
    node.put("used_bytes", (total - free) * pageBytes);
    node.put("free_bytes", free * pageBytes);
    node.put("cached_bytes", cluster.getKvPagesCached() * pageBytes);
  }

  static void putPrefixCache(ObjectNode node, ClusterState cluster) {
    Counters counters = cluster.getCounters();
    node.put("state", cluster.getPrefixCacheOff() ? "off" : "on");
    node.put("prompt_tokens", counters.getPromptTokens());
    node.put("prompt_tokens_cached", counters.getPromptTokensCached());
    node.put("hit_rate", rate(counters.getPromptTokensCached(), counters.getPromptTokens()));
  }

  static void putGuesses(ObjectNode node, ClusterState cluster) {
    Counters counters = cluster.getCounters();
    node.put("state", cluster.getGuessesOff() ? "off" : "on");
    node.put("tokens_guessed", counters.getTokensGuessed());
    node.put("guesses_held", counters.getGuessesHeld());
    node.put("held_rate", rate(counters.getGuessesHeld(), counters.getTokensGuessed()));
  }

  static void putPace(ObjectNode node, ClusterState cluster) {
    Speed speed = Speed.of(cluster.getPace());
    boolean known = speed.prefillKnown();
    int end = Math.max(0, cluster.getContext() - 1);
    node.put(
        "prefill_tokens_per_second_at_start",
        known ? (Double) speed.prefillTokensPerSecond(0) : null);
    node.put(
        "prefill_tokens_per_second_at_context_end",
        known ? (Double) speed.prefillTokensPerSecond(end) : null);
    node.put("decode_ms_per_token", speed.decodeKnown() ? (Double) speed.decodeMs() : null);
    Pace pace = cluster.getPace();
    boolean predicted = pace.getStreamFactor() > 0;
    node.put("layer_budget_ms", predicted ? (Double) pace.getLayerBudgetMs() : null);
    node.put("context_seconds", predicted ? (Double) pace.getContextSeconds() : null);
    node.put("context_beside_seconds", predicted ? (Double) pace.getContextBesideSeconds() : null);
    node.put("stream_factor", predicted ? (Double) pace.getStreamFactor() : null);
  }

  private static @Nullable Long leftMs(RequestStatus request) {
    boolean reading = request.getPromptDone() < request.getPromptTotal();
    return reading && request.getLeftMs() <= 0 ? null : (Long) Math.max(0, request.getLeftMs());
  }

  private static @Nullable Double rate(long part, long of) {
    return of == 0 ? null : (Double) ((double) part / of);
  }
}
