package io.carovana.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.cli.CliContext;
import io.carovana.cli.CliException;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A cluster at work. */
@Command(
    name = "top",
    description = {
      "Watch the cluster until Ctrl-C: live requests, a bar for every prompt being read with the"
          + " time it takes still, KV pages, prefix cache, pace and ranks.",
      "On a terminal the figures stay in place, as many as it has room for; elsewhere, or with"
          + " --output json, each look is written below the one before."
    })
final class TopCommand extends SettingsCommand {
  private static final double LEAST_SECONDS = 0.1;
  private static final double MOST_SECONDS = 3_600;

  @Mixin private RunningGateway gateway = new RunningGateway();

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "1",
      description = "Time between two looks, 0.1 to 3600 (default: 1; figures change each second).")
  private double intervalSeconds = 1;

  @Option(names = "--once", description = "Look once and end.")
  private boolean once;

  @Option(
      names = "--requests",
      paramLabel = "N",
      defaultValue = "16",
      description = "Most requests to show, the oldest first (default: 16).")
  private int mostRequests = 16;

  TopCommand(CliContext context) {
    super(context);
  }

  @Override
  protected List<Setting> flags() {
    return List.of(Setting.NAME, Setting.API_KEY_FILE);
  }

  @Override
  protected ExitCode run() throws IOException, InterruptedException {
    if (!(intervalSeconds >= LEAST_SECONDS && intervalSeconds <= MOST_SECONDS)) {
      throw new CliException(
          ExitCode.USAGE, "--interval " + intervalSeconds + " must be 0.1 to 3600 seconds.");
    }
    if (mostRequests < 0) {
      throw new CliException(ExitCode.USAGE, "--requests " + mostRequests + " must be 0 or more.");
    }
    Settings settings = settings();
    Screen screen = once || json() ? new Screen(context.out(), false) : Screen.of(context.out());
    screen.show(look(settings));
    while (!once) {
      TimeUnit.MILLISECONDS.sleep(Math.round(1e3 * intervalSeconds));
      screen.show(lookAgain(settings, screen.terminal()));
    }
    return ExitCode.OK;
  }

  private String look(Settings settings) throws IOException {
    JsonNode status = gateway.get(context, settings, "/admin/v1/status");
    return json()
        ? Json.write(status)
        : StatusText.load(gateway.url(context, settings), status, mostRequests);
  }

  /** A gateway that went away may come back, which is worth watching on a terminal. */
  private String lookAgain(Settings settings, boolean watched) throws IOException {
    try {
      return look(settings);
    } catch (CliException e) {
      if (watched && e.exitCode() == ExitCode.NOT_RUNNING) {
        return String.valueOf(e.getMessage());
      }
      throw e;
    }
  }
}
