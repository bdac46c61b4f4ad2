package io.carovana.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** How a cluster is doing. */
@Command(
    name = "status",
    description =
        "Show whether the cluster serves, its live requests, KV cache, prefix cache and pace, its"
            + " nodes, and for every rank compute time, all-reduce wait, step times and kernel.")
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
    result(status, StatusText.all(gateway.url(context, settings), status));
    return ExitCode.OK;
  }
}
