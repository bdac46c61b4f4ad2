package io.carovana.cli.instance;

import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why the folder of everything Carovana keeps cannot be used, in words. */
public final class HomeProblem {
  private static final String ADVICE = "set CAROVANA_HOME to a folder of yours";

  private HomeProblem() {}

  /** What is wrong with {@code home} before anything is written; empty when nothing is seen. */
  public static Optional<String> of(Path home) {
    Path existing = home;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (existing == null || !Files.isDirectory(existing)) {
      return Optional.of(message(home, existing + " is not a folder"));
    }
    return Files.isWritable(existing)
        ? Optional.empty()
        : Optional.of(message(home, "no permission for " + existing));
  }

  /** What is wrong with {@code home} when {@code thrown} came of it; empty when it did not. */
  public static Optional<String> of(Path home, @Nullable Throwable thrown) {
    if (!(thrown instanceof FileSystemException e) || e.getFile() == null) {
      return Optional.empty();
    }
    Path file = Path.of(e.getFile()).toAbsolutePath();
    if (!file.startsWith(home) && !home.startsWith(file)) {
      return Optional.empty();
    }
    return of(home).or(() -> Optional.of(message(home, e.toString())));
  }

  private static String message(Path home, String reason) {
    return "the state folder " + home + " cannot be written (" + reason + "); " + ADVICE + ".";
  }
}
