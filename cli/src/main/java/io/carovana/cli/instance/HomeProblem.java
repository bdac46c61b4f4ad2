package io.carovana.cli.instance;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Why the folder of everything Carovana keeps cannot be used, in words. */
public final class HomeProblem {
  private static final String ADVICE = "set CAROVANA_HOME to a folder of yours";

  private HomeProblem() {}

  /** What is wrong with {@code home}, found out by a folder that is removed at once. */
  public static Optional<String> of(Path home) {
    Path existing = home;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (existing == null || !Files.isDirectory(existing)) {
      return Optional.of(message(home, existing + " is not a folder"));
    }
    try {
      Files.delete(Files.createTempDirectory(existing, ".carovana"));
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(message(home, "nothing can be created in " + existing));
    }
  }

  /** What is wrong with {@code home} when {@code thrown} came of it; empty when it did not. */
  public static Optional<String> of(Path home, Throwable thrown) {
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
