package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.CliException;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.Setting;
import io.carovana.cli.instance.InstanceFolder;
import io.carovana.cli.instance.InstanceState;
import io.carovana.cli.instance.ProcessIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/** Ends an instance. */
@Command(name = "down", description = "Stop an instance; returns when all its processes are gone.")
final class DownCommand extends SettingsCommand {
  /** The supervisor takes up to this long when processes have to be killed. */
  private static final long PATIENCE_MS = 25_000;

  private static final long KILL_MS = 5_000;
  private static final long POLL_MS = 50;

  DownCommand(CliContext context) {
    super(context);
  }

  @Override
  protected List<Setting> flags() {
    return List.of(Setting.NAME);
  }

  @Override
  protected ExitCode run() throws IOException, InterruptedException {
    String name = settings().requireText(Setting.NAME);
    InstanceFolder folder = new InstanceFolder(context.home(), name);
    Optional<InstanceState> state = folder.read();
    List<ProcessIdentity> alive = state.map(DownCommand::alive).orElse(List.of());
    if (state.isEmpty() || alive.isEmpty()) {
      if (state.isPresent()) {
        forget(folder, state.get());
      }
      throw new CliException(ExitCode.NOT_RUNNING, "the instance '" + name + "' is not running.");
    }
    // The supervisor stops the others in order; without one they stop by themselves.
    state.get().supervisor().handle().ifPresent(ProcessHandle::destroy);
    if (!awaitEnd(state.get(), PATIENCE_MS)) {
      for (ProcessIdentity process : alive(state.get())) {
        progress("Killing process " + process.pid() + ", which does not end");
        process.handle().ifPresent(ProcessHandle::destroyForcibly);
      }
      if (!awaitEnd(state.get(), KILL_MS)) {
        throw new CliException(ExitCode.FAILED, "processes are left: " + alive(state.get()));
      }
    }
    forget(folder, state.get());
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("stopped", alive.size());
    result(json, "Stopped '" + name + "' (" + alive.size() + " processes)");
    return ExitCode.OK;
  }

  /** Removes what a killed supervisor could not; one that stopped in order has done it. */
  private static void forget(InstanceFolder folder, InstanceState state) throws IOException {
    if (!state.aeronDir().isEmpty()) {
      InstanceFolder.deleteTree(Path.of(state.aeronDir()));
    }
    folder.clear();
  }

  private static List<ProcessIdentity> alive(InstanceState state) {
    return Stream.concat(Stream.of(state.supervisor()), state.processes().values().stream())
        .filter(ProcessIdentity::isAlive)
        .toList();
  }

  private static boolean awaitEnd(InstanceState state, long patienceMs)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMs);
    while (!alive(state).isEmpty()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MS);
    }
    return true;
  }
}
