package io.carovana.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.model.memory.ByteSize;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** How a cluster is doing. */
@Command(
    name = "status",
    description =
        "Show whether the cluster serves, its nodes, and for every rank compute time, all-reduce"
            + " wait, step times and kernel.")
final class StatusCommand extends SettingsCommand {
  @Mixin private RunningGateway gateway = new RunningGateway();

  StatusCommand(CliContext context) {
    super(context);
  }

  @Override
  protected List<Setting> flags() {
    return List.of(Setting.NAME, Setting.API_KEY_FILE);
  }

  @Override
  protected ExitCode run() throws IOException {
    Settings settings = settings();
    JsonNode status = gateway.get(context, settings, "/admin/v1/status");
    result(status, text(gateway.url(context, settings), status));
    return ExitCode.OK;
  }

  static String text(String url, JsonNode status) {
    StringBuilder text = new StringBuilder();
    boolean ready = status.path("ready").asBoolean();
    line(text, "%s: %s", url, ready ? "serving" : "not serving: " + status.path("reason").asText());
    JsonNode model = status.path("model");
    line(
        text,
        "model %s, digest %.16s, %s, context %d tokens, epoch %d",
        model.path("name").asText(),
        model.path("digest").asText(),
        model.path("numerics_id").asText(),
        model.path("context").asLong(),
        status.path("epoch").asLong());
    line(
        text,
        "requests: %d running, %d queued (at most %d); KV pages: %d of %d free",
        status.at("/requests/running").asLong(),
        status.at("/requests/queued").asLong(),
        status.at("/requests/max_queue").asLong(),
        status.at("/kv_pages/free").asLong(),
        status.at("/kv_pages/total").asLong());
    for (JsonNode load : status.path("loading")) {
      line(
          text,
          "loading %s: %s, %s of %s",
          load.path("node").asText(),
          load.path("phase").asText(),
          ByteSize.format(load.path("bytes_done").asLong()),
          ByteSize.format(load.path("bytes_total").asLong()));
    }
    line(text, "");
    line(text, "%-20s %-12s %-9s %10s %7s  %s", "node", "role", "state", "memory", "threads", "");
    for (JsonNode node : status.path("nodes")) {
      line(
          text,
          "%-20s %-12s %-9s %10s %7d  %s",
          node.path("node").asText(),
          node.path("role").asText(),
          node.path("state").asText(),
          ByteSize.format(node.path("memory_bytes").asLong()),
          node.path("threads").asLong(),
          node.path("detail").asText(""));
    }
    line(text, "");
    line(
        text,
        "%-4s %-20s %-8s %-12s %10s %12s %8s %8s %8s",
        "rank",
        "node",
        "state",
        "kernel",
        "compute",
        "all-reduce",
        "steps",
        "p50",
        "p99");
    for (JsonNode rank : status.path("ranks")) {
      line(
          text,
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
    return text.toString();
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
