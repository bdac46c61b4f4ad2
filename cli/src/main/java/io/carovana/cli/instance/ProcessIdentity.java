package io.carovana.cli.instance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A process that cannot be mistaken for a later one with the same number.
 *
 * @param pid its number
 * @param started when it started, in whatever the system counts exactly: on Linux clock ticks since
 *     this boot, elsewhere milliseconds since 1970
 */
public record ProcessIdentity(long pid, String started) {
  private static final int START_TIME_FIELD = 22;

  /** Of the process that runs now under {@code pid}; empty when there is none. */
  public static Optional<ProcessIdentity> of(long pid) {
    return startOf(pid).map(started -> new ProcessIdentity(pid, started));
  }

  /** Of this process. */
  public static ProcessIdentity self() {
    return of(ProcessHandle.current().pid()).orElseThrow();
  }

  /** Whether this very process still runs; one that ended and waits for its parent does not. */
  public boolean isAlive() {
    return handle().isPresent();
  }

  /** A handle for signals; empty when the process is gone, whoever has its number now. */
  public Optional<ProcessHandle> handle() {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(handle -> startOf(pid).map(started::equals).orElse(false));
  }

  /** As one word, for the state file. */
  public String encode() {
    return pid + "@" + started;
  }

  /** From {@link #encode}; empty when it is not one. */
  public static Optional<ProcessIdentity> decode(String text) {
    int at = text.indexOf('@');
    if (at <= 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new ProcessIdentity(Long.parseLong(text.substring(0, at)), text.substring(at + 1)));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> startOf(long pid) {
    Path stat = Path.of("/proc/" + pid + "/stat");
    if (Files.isDirectory(Path.of("/proc/self"))) {
      try {
        String boot = bootId();
        return fromStat(Files.readString(stat)).map(ticks -> boot + "-" + ticks);
      } catch (IOException e) {
        return Optional.empty();
      }
    }
    return ProcessHandle.of(pid)
        .flatMap(handle -> handle.info().startInstant())
        .map(Instant::toEpochMilli)
        .map(String::valueOf);
  }

  /** Start time in clock ticks; empty for a process that is only waiting to be collected. */
  static Optional<String> fromStat(String stat) {
    // The second field is the name in parentheses, and may itself contain spaces and parentheses.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ");
    return fields[0].equals("Z") ? Optional.empty() : Optional.of(fields[START_TIME_FIELD - 3]);
  }

  private static String bootId() throws IOException {
    Path boot = Path.of("/proc/sys/kernel/random/boot_id");
    return Files.isReadable(boot) ? Files.readString(boot).strip() : "";
  }
}
