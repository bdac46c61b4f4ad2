package io.carovana.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.model.memory.ByteSize;
import java.util.Locale;

/** What {@code /admin/v1/status} says, for people. */
final class StatusText {
  private final StringBuilder text = new StringBuilder();
  private final JsonNode status;

  private StatusText(JsonNode status) {
    this.status = status;
  }

  /** Everything. */
  static String all(String url, JsonNode status) {
    StatusText text = new StatusText(status);
    text.summary(url);
    text.loading();
    text.requests(Integer.MAX_VALUE);
    text.nodes();
    text.ranks();
    return text.text.toString();
  }

  /** What changes from second to second, with at most {@code mostRequests} requests. */
  static String load(String url, JsonNode status, int mostRequests) {
    StatusText text = new StatusText(status);
    text.summary(url);
    text.loading();
    text.requests(mostRequests);
    text.ranks();
    return text.text.toString();
  }

  private void summary(String url) {
    boolean ready = status.path("ready").asBoolean();
    line("%s: %s", url, ready ? "serving" : "not serving: " + status.path("reason").asText());
    line(
        "model %s, digest %.16s, %s, context %d tokens, epoch %d",
        status.at("/model/name").asText(),
        status.at("/model/digest").asText(),
        status.at("/model/numerics_id").asText(),
        number("/model/context"),
        number("/epoch"));
    line(
        "requests: %d running, %d queued (at most %d), %d preempted so far",
        number("/requests/running"),
        number("/requests/queued"),
        number("/requests/max_queue"),
        number("/counters/preemptions"));
    line(
        "KV pages: %s used, %s free, of those %s cached; %s in all",
        pages("used"), pages("free"), pages("cached"), pages("total"));
    line("prefix cache: %s; guesses: %s", prefixCache(), guesses());
    line("pace: %s", pace());
    longest();
  }

  private String pages(String what) {
    return number("/kv_pages/" + what)
        + " ("
        + ByteSize.format(number("/kv_pages/" + what + "_bytes"))
        + ")";
  }

  private String prefixCache() {
    if (off("/prefix_cache")) {
      return "off";
    }
    return known("/prefix_cache/hit_rate")
        ? String.format(
            Locale.ROOT,
            "%.0f %% of prompt tokens (%d of %d)",
            100 * status.at("/prefix_cache/hit_rate").asDouble(),
            number("/prefix_cache/prompt_tokens_cached"),
            number("/prefix_cache/prompt_tokens"))
        : "nothing read yet";
  }

  private String guesses() {
    if (off("/guesses")) {
      return "off";
    }
    return known("/guesses/held_rate")
        ? String.format(
            Locale.ROOT,
            "%.0f %% held (%d of %d)",
            100 * status.at("/guesses/held_rate").asDouble(),
            number("/guesses/guesses_held"),
            number("/guesses/tokens_guessed"))
        : "none yet";
  }

  private String pace() {
    String start = "/pace/prefill_tokens_per_second_at_start";
    String end = "/pace/prefill_tokens_per_second_at_context_end";
    String prefill =
        known(start)
            ? String.format(
                Locale.ROOT,
                "reads %.0f prompt tokens/s at first, %.0f at the context's end",
                status.at(start).asDouble(),
                status.at(end).asDouble())
            : "reading not measured yet";
    String decode = "/pace/decode_ms_per_token";
    return prefill
        + (known(decode)
            ? String.format(
                Locale.ROOT, ", writes a token in %.1f ms", status.at(decode).asDouble())
            : ", writing not measured yet");
  }

  /** What a prompt as long as the context would take, and do to others; once it is known. */
  private void longest() {
    if (known("/pace/stream_factor")) {
      line(
          "a prompt of the whole context: about %.0f s alone, %.0f s beside streams;",
          status.at("/pace/context_seconds").asDouble(),
          status.at("/pace/context_beside_seconds").asDouble());
      line(
          "  streams are at most %.1f times slower then (%.1f ms a layer)",
          status.at("/pace/stream_factor").asDouble(),
          status.at("/pace/layer_budget_ms").asDouble());
    }
  }

  private void loading() {
    for (JsonNode load : status.path("loading")) {
      line(
          "loading %s: %s, %s of %s",
          load.path("node").asText(),
          load.path("phase").asText(),
          ByteSize.format(load.path("bytes_done").asLong()),
          ByteSize.format(load.path("bytes_total").asLong()));
    }
  }

  private void requests(int most) {
    JsonNode live = status.at("/requests/live");
    if (live.isEmpty() || most == 0) {
      return;
    }
    line("");
    line("%s", RequestLine.HEAD);
    for (int i = 0; i < Math.min(most, live.size()); i++) {
      line("%s", RequestLine.of(live.get(i)));
    }
    if (live.size() > most) {
      line("and %d more", live.size() - most);
    }
  }

  private void nodes() {
    line("");
    line("%-20s %-12s %-9s %10s %7s", "node", "role", "state", "memory", "threads");
    for (JsonNode node : status.path("nodes")) {
      line(
          "%-20s %-12s %-9s %10s %7d  %s",
          node.path("node").asText(),
          node.path("role").asText(),
          node.path("state").asText(),
          ByteSize.format(node.path("memory_bytes").asLong()),
          node.path("threads").asLong(),
          node.path("detail").asText(""));
    }
  }

  private void ranks() {
    line("");
    line(
        "%-4s %-20s %-8s %-12s %10s %12s %8s %8s %8s",
        "rank", "node", "state", "kernel", "compute", "all-reduce", "steps", "p50", "p99");
    for (JsonNode rank : status.path("ranks")) {
      line(
          "%-4d %-20s %-8s %-12s %8.2f s %10.2f s %8d %5.1f ms %5.1f ms%s",
          rank.path("rank").asLong(),
          rank.path("node").asText(),
          rank.path("state").asText(),
          rank.path("kernel").asText(),
          rank.path("compute_seconds").asDouble(),
          rank.path("all_reduce_wait_seconds").asDouble(),
          rank.path("steps").asLong(),
          rank.path("step_p50_ms").asDouble(),
          rank.path("step_p99_ms").asDouble(),
          rank.path("degraded").asBoolean() ? "  slow" : "");
    }
  }

  private boolean off(String path) {
    return status.at(path + "/state").asText().equals("off");
  }

  private boolean known(String path) {
    return status.at(path).isNumber();
  }

  private long number(String path) {
    return status.at(path).asLong();
  }

  private void line(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values).stripTrailing()).append('\n');
  }
}
