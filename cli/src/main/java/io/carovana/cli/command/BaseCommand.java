package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** What all commands have in common: help, and results as text or JSON. */
public abstract class BaseCommand implements Callable<Integer> {
  /** Where it runs. */
  protected final CliContext context;

  @Option(
      names = "--output",
      paramLabel = "text|json",
      defaultValue = "text",
      description = "How to write the result (default: text).")
  private OutputMode output = OutputMode.TEXT;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  /** A command of {@code context}. */
  protected BaseCommand(CliContext context) {
    this.context = context;
  }

  /** Does it. */
  protected abstract ExitCode run() throws Exception;

  @Override
  public final Integer call() throws Exception {
    return run().number();
  }

  /** Whether programs read the result. */
  protected boolean json() {
    return output == OutputMode.JSON;
  }

  /** Writes the result, in the form that was asked for. */
  protected void result(Object json, String text) {
    context.out().println(json() ? Json.write(json) : text.stripTrailing());
    context.out().flush();
  }

  /** Tells the operator how it is going. */
  protected void progress(String text) {
    context.err().println(text);
  }
}
