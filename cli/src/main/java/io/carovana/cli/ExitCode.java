package io.carovana.cli;

import io.carovana.protocol.Failure;

/** How the command ends; scripts rely on these numbers. */
public enum ExitCode {
  /** It worked. */
  OK(0),
  /** It was tried and failed. */
  FAILED(1),
  /** The command line or the configuration is wrong. */
  USAGE(2),
  /** There is no such instance running. */
  NOT_RUNNING(3),
  /** A port, the instance or the worker's name is taken. */
  TAKEN(4),
  /** The model does not fit in memory. */
  DOES_NOT_FIT(5),
  /** The model is missing, malformed or not supported. */
  BAD_MODEL(6),
  /** Interrupted. */
  INTERRUPTED(130);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** The process's exit status. */
  public int number() {
    return number;
  }

  /** The one switch from failures to exit codes. */
  public static ExitCode of(Failure failure) {
    return switch (failure) {
      case Failure.InvalidRequest f -> USAGE;
      case Failure.ContextExceeded f -> USAGE;
      case Failure.Overloaded f -> FAILED;
      case Failure.Unavailable f -> FAILED;
      case Failure.WorkerLost f -> FAILED;
      case Failure.CoordinatorLost f -> FAILED;
      case Failure.DeadlineExceeded f -> FAILED;
      case Failure.Cancelled f -> INTERRUPTED;
      case Failure.ModelRefused f -> BAD_MODEL;
      case Failure.NameTaken f -> TAKEN;
      case Failure.DoesNotFit f -> DOES_NOT_FIT;
      case Failure.NonFinite f -> FAILED;
      case Failure.Internal f -> FAILED;
    };
  }
}
