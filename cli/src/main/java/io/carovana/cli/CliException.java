package io.carovana.cli;

/** A command ends here: with a message that says what to do, and an exit code. */
public final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final ExitCode exitCode;

  /** Ends the command with {@code exitCode}. */
  public CliException(ExitCode exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** The exit code. */
  public ExitCode exitCode() {
    return exitCode;
  }
}
