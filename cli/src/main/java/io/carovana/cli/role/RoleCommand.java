package io.carovana.cli.role;

import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.cli.aot.AotMode;
import io.carovana.cli.command.SettingsCommand;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.protocol.Failure;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Mixin;

/** Runs one role in this process until a signal, its supervisor's end, or its own. */
public abstract class RoleCommand extends SettingsCommand {
  private static final Logger LOG = LoggerFactory.getLogger(RoleCommand.class);

  private final RoleSettings.Kind kind;

  @Mixin private SupervisorPlace place = new SupervisorPlace();

  RoleCommand(CliContext context, RoleSettings.Kind kind) {
    super(context);
    this.kind = kind;
  }

  /** Settings beside those that all roles have. */
  abstract List<Setting> ownFlags();

  /** Starts the role. */
  abstract Role start(RoleSettings settings);

  /** Options of its JVM. */
  abstract String jvmOptions(Settings settings);

  /** Options of its JVM, worked out before it starts. */
  public final String jvmOptions() {
    return jvmOptions(settings());
  }

  @Override
  protected final List<Setting> flags() {
    return Stream.concat(ownFlags().stream(), RoleSettings.COMMON.stream()).toList();
  }

  @Override
  protected final ExitCode run() throws Exception {
    SupervisedLife life =
        SupervisedLife.begin(
            place.supervised(), System.in, AotMode.of(context.environment()).stopMs());
    RoleSettings settings = new RoleSettings(kind, settings(), place, context.home());
    Files.createDirectories(settings.logFile().getParent());
    Files.createDirectories(settings.stateDir());
    Logging.toFile(settings.logFile(), settings.node(), !place.supervised());
    LOG.info("{} {} starts: {}", kind.word(), settings.node(), settings.settings());
    Role role = start(settings);
    Thread closer = new Thread(() -> closeWhenOver(life, role), "role-closer");
    closer.setDaemon(true);
    closer.start();
    Optional<Failure> failure = role.awaitTermination();
    if (life.isOver()) {
      closer.join();
      LOG.info("stopped");
      return life.exitCode();
    }
    role.close();
    failure.ifPresent(f -> progress("carovana: " + f.message()));
    return failure.map(ExitCode::of).orElse(ExitCode.FAILED);
  }

  private static void closeWhenOver(SupervisedLife life, Role role) {
    try {
      life.await();
      role.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
