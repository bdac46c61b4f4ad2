package io.carovana.model.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The file names in a folder. */
final class FolderNames {
  static final int MAX_ENTRIES = 10_000;

  private FolderNames() {}

  /** Names in {@code folder}, sorted; none if it is not a folder. */
  static List<String> of(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .limit(MAX_ENTRIES)
          .map(entry -> entry.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new ModelException.ReadFailed(folder, null, "cannot be listed: " + e, e);
    }
  }
}
