package io.carovana.cli.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carovana.cli.CliContext;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/** Runs commands in this process and keeps what they print. */
final class Captured {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final CliContext context;

  Captured(Map<String, String> environment) {
    // The sources have the layout of the distribution where commands look: configs and models.
    Path root = Path.of(System.getProperty("carovana.root"));
    this.context =
        new CliContext(
            environment,
            root,
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8));
  }

  CliContext context() {
    return context;
  }

  int run(String... arguments) {
    return CommandTree.create(context).execute(arguments);
  }

  String out() {
    return out.toString(UTF_8);
  }

  String err() {
    return err.toString(UTF_8);
  }
}
