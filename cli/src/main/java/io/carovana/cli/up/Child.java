package io.carovana.cli.up;

import io.carovana.cli.aot.AotMode;
import io.carovana.cli.instance.ProcessIdentity;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A started process. The supervisor holds the other end of its standard input and never writes to
 * it: when the supervisor ends, however it ends, the process reads the end of its input and stops.
 */
final class Child {
  private static final int KILLED = 128;
  private static final int TAIL_BYTES = 4096;

  private final ChildSpec spec;
  private final Process process;
  private final ProcessIdentity identity;
  private final Path output;
  private final long outputStart;
  private final long startedNs;

  private Child(
      ChildSpec spec, Process process, ProcessIdentity identity, Path output, long outputStart) {
    this.spec = spec;
    this.process = process;
    this.identity = identity;
    this.output = output;
    this.outputStart = outputStart;
    this.startedNs = System.nanoTime();
  }

  /**
   * Starts it.
   *
   * @param environment variables to set, beside those of this process that are no settings
   * @param output file its standard output and error go to
   * @param onExit told when it has ended
   */
  static Child start(
      ChildSpec spec,
      Path launcher,
      Map<String, String> environment,
      Path output,
      Consumer<Child> onExit)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(launcher.toString());
    command.addAll(spec.arguments());
    File file = output.toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(file));
    builder.environment().keySet().removeIf(Child::isSetting);
    builder.environment().putAll(environment);
    builder.environment().put("CAROVANA_ROLE_JVM_OPTIONS", spec.jvmOptions());
    long outputStart = file.length();
    Process process = builder.start();
    ProcessIdentity identity =
        ProcessIdentity.of(process.pid()).orElse(new ProcessIdentity(process.pid(), ""));
    Child child = new Child(spec, process, identity, output, outputStart);
    process.onExit().thenRun(() -> onExit.accept(child));
    return child;
  }

  /**
   * Everything a process needs is on its command line, so settings of this one are not passed on.
   */
  private static boolean isSetting(String variable) {
    return variable.startsWith("CAROVANA_")
        && !variable.equals(AotMode.VARIABLE)
        && !variable.equals("CAROVANA_HOME")
        && !variable.equals("CAROVANA_JAVA_HOME")
        && !variable.equals("CAROVANA_JVM_OPTIONS");
  }

  ChildSpec spec() {
    return spec;
  }

  ProcessIdentity identity() {
    return identity;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** How long it has been running, or ran. */
  long ageMs() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNs);
  }

  /** Its exit status; only when it has ended. */
  int status() {
    return process.exitValue();
  }

  /** How it ended, in words. */
  String ending() {
    int status = status();
    return status > KILLED
        ? "was killed by signal " + (status - KILLED)
        : "ended with status " + status;
  }

  /** The last thing it said, for the operator; empty when it said nothing. */
  Optional<String> lastWords() {
    try {
      if (!Files.exists(output)) {
        return Optional.empty();
      }
      try (RandomAccessFile file = new RandomAccessFile(output.toFile(), "r")) {
        long from = Math.max(outputStart, file.length() - TAIL_BYTES);
        byte[] tail = new byte[(int) Math.max(0, file.length() - from)];
        file.seek(from);
        file.readFully(tail);
        String text = new String(tail, StandardCharsets.UTF_8).strip();
        return Optional.of(text).filter(t -> !t.isEmpty());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks it to end. */
  void stop() {
    process.destroy();
  }

  /** Ends it now. */
  void kill() {
    process.destroyForcibly();
  }

  /** Waits for its end; false when it is still there. */
  boolean awaitEnd(long timeoutMs) throws InterruptedException {
    return process.waitFor(timeoutMs, TimeUnit.MILLISECONDS);
  }
}
