package io.carovana.cli.aot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Stream;

/**
 * The caches of one distribution: a file for each kind of process and {@code made-for}, which says
 * for which JDK, launcher and jars they were made.
 *
 * @param folder where they are
 * @param fingerprint what they would have to be made for now
 */
record AotCache(Path folder, String fingerprint) {
  private static final String MADE_FOR = "made-for";

  /** Beside the distribution, or at home where that cannot be written; the launcher looks there. */
  static AotCache of(Path distribution, Path home) throws IOException {
    Path parent = Files.isWritable(distribution) ? distribution : home;
    return new AotCache(parent.resolve("aot"), fingerprint(distribution));
  }

  /** Whether nothing has to be made. */
  boolean isFresh() throws IOException {
    try {
      return Files.readString(folder.resolve(MADE_FOR)).equals(fingerprint);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /**
   * Takes new files in. Whoever starts meanwhile finds an old file or a new one; running processes
   * keep those they have.
   *
   * @param made files in the same file system, by name of the process; an empty map says that no
   *     cache can be made of this JDK, so that it is not tried again
   */
  void publish(Map<String, Path> made) throws IOException {
    for (Map.Entry<String, Path> file : made.entrySet()) {
      replace(file.getValue(), folder.resolve(file.getKey() + ".aot"));
    }
    Path draft = Files.writeString(folder.resolve(MADE_FOR + ".new"), fingerprint);
    replace(draft, folder.resolve(MADE_FOR));
  }

  private static void replace(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /** A line for the JDK, and one for the launcher and each jar with its size and time. */
  private static String fingerprint(Path distribution) throws IOException {
    StringJoiner lines = new StringJoiner("\n");
    lines.add(System.getProperty("java.home") + " " + System.getProperty("java.vm.version"));
    for (Path file : files(distribution)) {
      lines.add(file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file));
    }
    return lines.toString();
  }

  private static List<Path> files(Path distribution) throws IOException {
    try (Stream<Path> jars = Files.list(distribution.resolve("lib"))) {
      return Stream.concat(Stream.of(distribution.resolve("bin").resolve("carovana")), jars)
          .sorted()
          .toList();
    }
  }
}
