package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.cli.role.RoleCommand;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Options of the JVM of a role, from the role's command line: the launcher asks before it starts
 * one, because a heap cannot grow into settings that are read later.
 */
@Command(
    name = "jvm-options",
    hidden = true,
    description = "Print the JVM options of a role's command line.")
final class JvmOptionsCommand extends BaseCommand {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(arity = "1..*", description = "The role's command line.")
  private List<String> arguments = List.of();

  JvmOptionsCommand(CliContext context) {
    super(context);
  }

  @Override
  protected ExitCode run() {
    if (spec == null) {
      throw new IllegalStateException("not part of a command line");
    }
    CommandLine root = CommandTree.create(context);
    CommandLine role =
        root.parseArgs(arguments.toArray(String[]::new)).subcommand().commandSpec().commandLine();
    if (!(role.getCommand() instanceof RoleCommand command)) {
      throw new IllegalArgumentException(arguments.getFirst() + " is not a role");
    }
    context.out().println(command.jvmOptions());
    return ExitCode.OK;
  }
}
