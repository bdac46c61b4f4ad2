package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.model.Numerics;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;

/** What is running here. */
@Command(name = "version", description = "Show the versions of Carovana, its numerics and Java.")
final class VersionCommand extends BaseCommand {
  VersionCommand(CliContext context) {
    super(context);
  }

  /** Version of the distribution; "development" outside one. */
  static String version() {
    return Optional.ofNullable(VersionCommand.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  @Override
  protected ExitCode run() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("version", version());
    json.put("numerics", "n" + Numerics.CONTRACT);
    json.put("java", Runtime.version().toString());
    json.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    StringBuilder text = new StringBuilder("carovana " + version() + "\n");
    json.forEach(
        (key, value) -> {
          if (!key.equals("version")) {
            text.append("%-9s %s%n".formatted(key, value));
          }
        });
    result(json, text.toString());
    return ExitCode.OK;
  }
}
