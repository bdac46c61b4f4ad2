package io.carovana.cli;

import io.carovana.cli.command.CommandTree;

/** Entry point of every Carovana process. */
public final class Main {
  private Main() {}

  /** Runs the command and exits with its {@link ExitCode}. */
  public static void main(String[] args) {
    CliContext context = CliContext.ofProcess();
    int exit;
    try {
      exit = CommandTree.create(context).execute(args);
    } catch (Throwable t) {
      // Threads of a half-started role would keep the process alive.
      context.err().println("carovana: " + t);
      exit = ExitCode.FAILED.number();
    }
    context.out().flush();
    System.exit(exit);
  }
}
