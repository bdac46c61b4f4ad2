package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.CliException;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.ConfigException;
import io.carovana.cli.config.Nearest;
import io.carovana.cli.instance.HomeProblem;
import io.carovana.cli.role.CoordinatorCommand;
import io.carovana.cli.role.GatewayCommand;
import io.carovana.cli.role.WorkerCommand;
import io.carovana.cli.up.UpCommand;
import io.carovana.gateway.HttpBindException;
import io.carovana.model.files.ModelException;
import io.carovana.protocol.cluster.PortInUseException;
import io.carovana.transport.DataPortException;
import io.carovana.transport.DriverDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** All commands, how they are found and how they fail. */
public final class CommandTree {
  private CommandTree() {}

  /** The command line of {@code context}. */
  public static CommandLine create(CliContext context) {
    CommandLine root = new CommandLine(new Root());
    root.addSubcommand(new UpCommand(context));
    root.addSubcommand(new DownCommand(context));
    root.addSubcommand(new StatusCommand(context));
    root.addSubcommand(new TopCommand(context));
    root.addSubcommand(new LogsCommand(context));
    root.addSubcommand(new DoctorCommand(context));
    root.addSubcommand(new VersionCommand(context));
    root.addSubcommand(new CoordinatorCommand(context));
    root.addSubcommand(new WorkerCommand(context));
    root.addSubcommand(new GatewayCommand(context));
    root.addSubcommand(new GenerateCommand(context));
    root.addSubcommand(new BenchCommand(context));
    root.addSubcommand(group(new ModelCommand(context), new ModelCommand.Inspect(context)));
    root.addSubcommand(new TokenizeCommand(context));
    root.addSubcommand(
        group(
            new PlacementCommand(context),
            new PlacementCommand.Show(context),
            new PlacementPlanCommand(context)));
    root.addSubcommand(group(new ConfigCommand(context), new ConfigCommand.Show(context)));
    CommandLine jvmOptions = new CommandLine(new JvmOptionsCommand(context));
    jvmOptions.setUnmatchedOptionsArePositionalParams(true);
    root.addSubcommand(jvmOptions);
    addFlags(root);
    root.setOut(new java.io.PrintWriter(context.out(), true));
    root.setErr(new java.io.PrintWriter(context.err(), true));
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setAbbreviatedOptionsAllowed(false);
    root.setUsageHelpAutoWidth(true);
    root.setParameterExceptionHandler((e, args) -> usageError(e));
    root.setExecutionExceptionHandler((e, commandLine, parsed) -> executionError(context, e));
    return root;
  }

  private static CommandLine group(GroupCommand group, BaseCommand... members) {
    CommandLine commandLine = new CommandLine(group);
    for (BaseCommand member : members) {
      commandLine.addSubcommand(member);
    }
    return commandLine;
  }

  private static void addFlags(CommandLine commandLine) {
    if (commandLine.getCommand() instanceof SettingsCommand command) {
      command.addFlags(commandLine.getCommandSpec());
    }
    commandLine.getSubcommands().values().forEach(CommandTree::addFlags);
  }

  private static int usageError(ParameterException e) {
    CommandLine commandLine = e.getCommandLine();
    commandLine.getErr().println("carovana: " + usageMessage(e));
    commandLine
        .getErr()
        .println("Try: " + commandLine.getCommandSpec().qualifiedName() + " --help");
    return ExitCode.USAGE.number();
  }

  private static String usageMessage(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched)) {
      return String.valueOf(e.getMessage());
    }
    CommandSpec spec = e.getCommandLine().getCommandSpec();
    String word = unmatched.getUnmatched().getFirst();
    if (word.startsWith("-")) {
      String flag = word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
      return "Unknown flag "
          + flag
          + "."
          + Nearest.hint(flag, List.copyOf(spec.optionsMap().keySet()));
    }
    List<String> commands = new ArrayList<>(spec.subcommands().keySet());
    return commands.isEmpty()
        ? "Unexpected argument '" + word + "'."
        : "Unknown command '" + word + "'." + Nearest.hint(word, commands);
  }

  private static int executionError(CliContext context, Exception e) throws Exception {
    context.out().flush();
    switch (e) {
      case CliException cli -> {
        context.err().println("carovana: " + cli.getMessage());
        return cli.exitCode().number();
      }
      case ConfigException config -> {
        context.err().println("carovana: " + config.getMessage());
        return ExitCode.USAGE.number();
      }
      case ModelException model -> {
        context.err().println("carovana: " + model.getMessage());
        return ExitCode.BAD_MODEL.number();
      }
      case PortInUseException port -> {
        context.err().println("carovana: " + port.getMessage() + " (--control-port).");
        return ExitCode.TAKEN.number();
      }
      case DataPortException port -> {
        context.err().println("carovana: " + port.getMessage() + ".");
        return ExitCode.TAKEN.number();
      }
      case HttpBindException bind -> {
        context.err().println("carovana: " + bind.getMessage());
        return (bind.inUse() ? ExitCode.TAKEN : ExitCode.USAGE).number();
      }
      case DriverDirectory.NoRoomException room -> {
        context.err().println("carovana: " + room.getMessage());
        return ExitCode.DOES_NOT_FIT.number();
      }
      case IllegalArgumentException range -> {
        context.err().println("carovana: " + range.getMessage());
        return ExitCode.USAGE.number();
      }
      case ParameterException parameter -> {
        return usageError(parameter);
      }
      default -> {
        Throwable fault =
            e instanceof UncheckedIOException && e.getCause() instanceof IOException io ? io : e;
        Optional<String> home = HomeProblem.of(context.home(), fault);
        if (home.isPresent()) {
          context.err().println("carovana: " + home.get());
          return ExitCode.USAGE.number();
        }
        e.printStackTrace(context.err());
        context.err().println("carovana: this is a bug, or a fault nobody foresaw: " + e);
        return ExitCode.FAILED.number();
      }
    }
  }

  /** Carovana itself. */
  @Command(
      name = "carovana",
      description = "Serves Code Llama from a caravan of ordinary machines.",
      footer = {
        "",
        "Start with: carovana up",
        "Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 not running, 4 port or instance"
            + " taken, 5 does not fit, 6 bad model, 130 interrupted."
      },
      synopsisSubcommandLabel = "COMMAND")
  static final class Root implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "Show this help.")
    private boolean help;

    @Override
    public void run() {
      if (spec == null) {
        throw new IllegalStateException("not part of a command line");
      }
      throw new ParameterException(spec.commandLine(), "Say what: carovana COMMAND.");
    }
  }
}
