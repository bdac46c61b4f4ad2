package io.carovana.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.gateway.TimeWords;
import java.util.Locale;

/** A live request in one line; a prompt that is being read has a bar. */
final class RequestLine {
  /** The names of its columns. */
  static final String HEAD = format("request", "client", "priority", "state", "new", "prompt");

  private static final int ID_CHARS = 24;
  private static final int ID_END_CHARS = 7;
  private static final int CLIENT_CHARS = 15;
  private static final int BAR_CHARS = 20;

  private RequestLine() {}

  /** Of an entry of {@code requests.live}. */
  static String of(JsonNode request) {
    return format(
        shortened(request.path("id").asText(), ID_CHARS, ID_END_CHARS),
        shortened(request.path("client").asText(), CLIENT_CHARS, 0),
        request.path("priority").asText(),
        request.path("state").asText(),
        String.valueOf(request.path("completion_tokens").asLong()),
        prompt(request));
  }

  private static String prompt(JsonNode request) {
    long total = request.path("prompt_tokens").asLong();
    long read = request.path("prompt_tokens_read").asLong();
    long cached = request.path("prompt_tokens_cached").asLong();
    boolean reading = request.path("state").asText().equals("prefill") && read < total;
    StringBuilder text = new StringBuilder();
    if (reading) {
      text.append(bar(read, total)).append(" of ");
    }
    text.append(total).append(" tokens");
    if (cached > 0) {
      text.append(", ").append(cached).append(" cached");
    }
    if (reading && request.path("prompt_left_ms").isNumber()) {
      text.append(", ").append(TimeWords.of(request.path("prompt_left_ms").asLong()));
      text.append(" left");
    }
    return text.toString();
  }

  private static String bar(long done, long total) {
    int full = (int) (BAR_CHARS * done / total);
    return String.format(
        Locale.ROOT,
        "[%s%s] %2d %%",
        "#".repeat(full),
        ".".repeat(BAR_CHARS - full),
        100 * done / total);
  }

  private static String shortened(String text, int most, int end) {
    return text.length() <= most
        ? text
        : text.substring(0, most - end - 1) + "…" + text.substring(text.length() - end);
  }

  private static String format(
      String id, String client, String priority, String state, String tokens, String prompt) {
    return String.format(
        Locale.ROOT, "%-24s %-15s %-11s %-7s %6s  %s", id, client, priority, state, tokens, prompt);
  }
}
