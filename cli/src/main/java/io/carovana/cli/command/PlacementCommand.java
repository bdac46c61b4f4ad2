package io.carovana.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Placements. */
@Command(name = "placement", description = "Show or plan which node holds what.")
final class PlacementCommand extends GroupCommand {
  PlacementCommand(CliContext context) {
    super(context);
  }

  /** The one in force. */
  @Command(name = "show", description = "Show which node holds which part of the model now.")
  static final class Show extends SettingsCommand {
    @Mixin private RunningGateway gateway = new RunningGateway();

    Show(CliContext context) {
      super(context);
    }

    @Override
    protected List<Setting> flags() {
      return List.of(Setting.NAME, Setting.API_KEY_FILE);
    }

    @Override
    protected ExitCode run() throws IOException {
      Settings settings = settings();
      JsonNode placement = gateway.get(context, settings, "/admin/v1/placement");
      result(placement, text(placement));
      return ExitCode.OK;
    }

    static String text(JsonNode placement) {
      StringBuilder text = new StringBuilder();
      text.append(
          String.format(
              Locale.ROOT,
              "epoch %d, %s, context %d tokens%n%-4s %-5s %-20s %-8s %-9s %-9s %-11s %s%n",
              placement.path("epoch").asLong(),
              placement.at("/model/name").asText(),
              placement.at("/model/context").asLong(),
              "rank",
              "stage",
              "node",
              "state",
              "layers",
              "KV heads",
              "FFN leaves",
              "vocabulary"));
      for (JsonNode rank : placement.path("ranks")) {
        text.append(
            String.format(
                Locale.ROOT,
                "%-4d %-5d %-20s %-8s %-9s %-9s %-11s %s%n",
                rank.path("rank").asLong(),
                rank.path("stage").asLong(),
                rank.path("node").asText(),
                rank.path("state").asText(),
                range(rank.path("layers")),
                range(rank.path("kv_groups")),
                range(rank.path("ffn_leaves")),
                range(rank.path("vocab_rows"))));
      }
      return text.append(placement.path("explanation").asText()).toString().stripTrailing() + "\n";
    }

    private static String range(JsonNode range) {
      long start = range.path("start").asLong();
      long end = range.path("end").asLong();
      return start == end ? "none" : start + "-" + (end - 1);
    }
  }
}
