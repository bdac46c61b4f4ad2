package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that only holds others. */
abstract class GroupCommand extends BaseCommand {
  @Spec private @Nullable CommandSpec spec;

  GroupCommand(CliContext context) {
    super(context);
  }

  @Override
  protected final ExitCode run() {
    if (spec == null) {
      throw new IllegalStateException("not part of a command line");
    }
    throw new ParameterException(spec.commandLine(), "Say what: one of the commands below.");
  }
}
