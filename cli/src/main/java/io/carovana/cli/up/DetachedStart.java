package io.carovana.cli.up;

import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.cli.instance.InstanceFolder;
import io.carovana.cli.instance.InstanceState;
import io.carovana.cli.instance.ProcessIdentity;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Starts the supervisor in the background and waits until it serves, or gives up. */
final class DetachedStart {
  private static final long POLL_MS = 100;

  private final CliContext context;
  private final InstanceFolder folder;
  private final Consumer<String> progress;

  DetachedStart(CliContext context, InstanceFolder folder, Consumer<String> progress) {
    this.context = context;
    this.folder = folder;
    this.progress = progress;
  }

  /**
   * Does it.
   *
   * @param arguments of the same command, to be run in the background
   * @param onServing told what is running
   */
  ExitCode run(List<String> arguments, Consumer<InstanceState> onServing)
      throws IOException, InterruptedException {
    folder.create();
    Path output = folder.logs().resolve("supervisor.out");
    Files.deleteIfExists(output);
    Process process = start(arguments, output);
    AtomicBoolean interrupted = new AtomicBoolean();
    Signals.handle(
        name -> {
          interrupted.set(true);
          process.destroy();
        },
        Signals.INTERRUPT,
        Signals.TERMINATE,
        Signals.HANG_UP);

    long shown = 0;
    while (!process.waitFor(POLL_MS, TimeUnit.MILLISECONDS)) {
      shown = show(output, shown);
      Optional<InstanceState> state = serving(process);
      if (state.isPresent() && !interrupted.get()) {
        onServing.accept(state.get());
        return ExitCode.OK;
      }
    }
    show(output, shown);
    if (interrupted.get()) {
      return ExitCode.INTERRUPTED;
    }
    int status = process.exitValue();
    for (ExitCode code : ExitCode.values()) {
      if (code.number() == status && code != ExitCode.OK) {
        return code;
      }
    }
    return ExitCode.FAILED;
  }

  private Process start(List<String> arguments, Path output) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(context.launcher().toString());
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    return builder.start();
  }

  private Optional<InstanceState> serving(Process process) {
    Optional<ProcessIdentity> identity = ProcessIdentity.of(process.pid());
    return folder
        .read()
        .filter(state -> state.phase().equals(InstanceState.SERVING))
        .filter(state -> identity.map(state.supervisor()::equals).orElse(false));
  }

  /** Repeats what the supervisor has said since; it writes its result in no form of its own. */
  private long show(Path output, long from) throws IOException {
    if (!Files.exists(output)) {
      return from;
    }
    try (RandomAccessFile file = new RandomAccessFile(output.toFile(), "r")) {
      byte[] bytes = new byte[(int) (file.length() - from)];
      file.seek(from);
      file.readFully(bytes);
      String text = new String(bytes, StandardCharsets.UTF_8);
      int end = text.lastIndexOf('\n');
      if (end < 0) {
        return from;
      }
      text.substring(0, end).lines().forEach(progress);
      return from + text.substring(0, end + 1).getBytes(StandardCharsets.UTF_8).length;
    }
  }
}
