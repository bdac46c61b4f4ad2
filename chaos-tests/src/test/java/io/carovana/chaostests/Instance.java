package io.carovana.chaostests;

import static org.awaitility.Awaitility.await;

import io.carovana.cli.instance.InstanceFolder;
import io.carovana.cli.instance.InstanceState;
import io.carovana.cli.instance.ProcessIdentity;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** {@code carovana up} in the foreground, as a person would run it. */
final class Instance implements AutoCloseable {
  static final String NAME = "chaos";
  private static final Duration START = Duration.ofSeconds(120);
  private static final Duration RECOVERY = Duration.ofSeconds(120);
  private static final long STOP_S = 30;
  private static final long INTERRUPT_BIT = 1L << (2 - 1);

  private final Path home;
  private final Process supervisor;
  private final ProcessIdentity identity;
  private final Path out;
  private final Path err;
  private final int port;

  private Instance(Path home, Process supervisor, Path out, Path err, int port) {
    this.home = home;
    this.supervisor = supervisor;
    this.identity = ProcessIdentity.of(supervisor.pid()).orElseThrow();
    this.out = out;
    this.err = err;
    this.port = port;
  }

  /** Starts it and waits until it serves. */
  static Instance up(Path home, String... options) throws IOException {
    int port = Distribution.freePort();
    List<String> arguments = new ArrayList<>(List.of("up", "--name", NAME, "--port", "" + port));
    arguments.addAll(List.of(options));
    Files.createDirectories(home);
    Path out = home.resolve("up.out");
    Path err = home.resolve("up.err");
    Process process =
        Distribution.command(home, arguments)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    Instance instance = new Instance(home, process, out, err, port);
    try {
      await()
          .atMost(START)
          .pollInterval(Duration.ofMillis(100))
          .until(() -> !process.isAlive() || instance.greeting().contains("curl "));
      if (!process.isAlive()) {
        throw new AssertionError(
            "up ended with " + process.exitValue() + ": " + instance.progress());
      }
    } catch (RuntimeException e) {
      String progress = instance.progress();
      instance.close();
      throw new AssertionError("up does not serve: " + progress, e);
    }
    return instance;
  }

  Path home() {
    return home;
  }

  int port() {
    return port;
  }

  Api api() {
    return new Api("http://127.0.0.1:" + port);
  }

  /** What it printed on stdout so far. */
  String greeting() throws IOException {
    return Files.readString(out);
  }

  /** What it printed on stderr so far. */
  String progress() throws IOException {
    return Files.readString(err);
  }

  InstanceState state() {
    return new InstanceFolder(home, NAME).read().orElseThrow();
  }

  ProcessIdentity supervisor() {
    return identity;
  }

  ProcessIdentity process(String name) {
    return Objects.requireNonNull(state().processes().get(name), name);
  }

  /** The supervisor and all it started. */
  List<ProcessIdentity> processes() {
    return Stream.concat(Stream.of(identity), new TreeMap<>(state().processes()).values().stream())
        .toList();
  }

  /** Sends a signal to one of the processes. */
  void signal(String name, String signal) throws IOException, InterruptedException {
    signal(process(name), signal);
  }

  static void signal(ProcessIdentity process, String signal)
      throws IOException, InterruptedException {
    if (process.isAlive()) {
      new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
    }
  }

  /** Whether the process was started with the interrupt signal ignored, as Linux tells. */
  static boolean ignoresInterrupt(ProcessIdentity process) throws IOException {
    Path status = Path.of("/proc/" + process.pid() + "/status");
    if (!Files.exists(status)) {
      return false;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("SigIgn:")) {
        return (Long.parseUnsignedLong(line.substring(7).trim(), 16) & INTERRUPT_BIT) != 0;
      }
    }
    return false;
  }

  /** Waits until {@code name} is another process than {@code before} and requests are answered. */
  void awaitRecovery(String name, ProcessIdentity before) {
    await()
        .atMost(RECOVERY)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () ->
                state().processes().containsKey(name)
                    && !process(name).equals(before)
                    && api().healthy());
  }

  /** Waits until the supervisor has ended; its exit status. */
  int awaitEnd() throws InterruptedException {
    if (!supervisor.waitFor(STOP_S, TimeUnit.SECONDS)) {
      throw new AssertionError("up does not end");
    }
    return supervisor.exitValue();
  }

  @Override
  public void close() {
    List<ProcessIdentity> left = new ArrayList<>(List.of(identity));
    new InstanceFolder(home, NAME).read().ifPresent(s -> left.addAll(s.processes().values()));
    supervisor.destroy();
    try {
      if (!supervisor.waitFor(STOP_S, TimeUnit.SECONDS)) {
        left.forEach(process -> process.handle().ifPresent(ProcessHandle::destroyForcibly));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
