package io.carovana.cli.role;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a supervisor puts a process; nobody types these. */
final class SupervisorPlace {
  @Option(names = "--supervised", hidden = true, description = "End with the standard input.")
  private boolean supervised;

  @Option(names = "--state-dir", hidden = true, description = "Folder of the process's state.")
  private @Nullable Path stateDir;

  @Option(names = "--log-dir", hidden = true, description = "Folder of the log files.")
  private @Nullable Path logDir;

  @Option(names = "--aeron-dir", hidden = true, description = "Folder of the media driver.")
  private @Nullable Path aeronDir;

  @Option(names = "--stream-base", hidden = true, description = "First stream of this process.")
  private int streamBase;

  boolean supervised() {
    return supervised;
  }

  Optional<Path> stateDir() {
    return Optional.ofNullable(stateDir);
  }

  Optional<Path> logDir() {
    return Optional.ofNullable(logDir);
  }

  Optional<Path> aeronDir() {
    return Optional.ofNullable(aeronDir);
  }

  int streamBase() {
    return streamBase;
  }
}
