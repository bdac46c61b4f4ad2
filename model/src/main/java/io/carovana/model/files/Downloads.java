package io.carovana.model.files;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Recognizes downloads that have not finished. */
final class Downloads {
  static final String ADVICE = "finish the download (`hf download` resumes it) or copy it again";

  /** What browsers, `hf download`, curl's wrappers and aria2 call what they have not finished. */
  private static final List<String> PARTIAL_ENDINGS =
      List.of(".incomplete", ".part", ".partial", ".download", ".crdownload", ".aria2");

  private Downloads() {}

  /** Whether {@code file} is named, or accompanied by a file named, like an unfinished download. */
  static boolean isUnfinished(Path file) {
    String name = String.valueOf(file.getFileName());
    return PARTIAL_ENDINGS.stream().anyMatch(name::endsWith)
        || Files.exists(file.resolveSibling(name + ".aria2"));
  }

  /** A file of an unfinished download in or behind {@code folder}, or null. */
  static @Nullable Path unfinished(Path folder) {
    for (Path place : List.of(folder, folder.resolve(".cache/huggingface/download"))) {
      Path found = firstIncomplete(place);
      if (found != null) {
        return found;
      }
    }
    return firstIncomplete(folder.resolve("../../blobs").normalize());
  }

  private static @Nullable Path firstIncomplete(Path folder) {
    return FolderNames.of(folder).stream()
        .filter(name -> name.endsWith(".incomplete"))
        .findFirst()
        .map(folder::resolve)
        .orElse(null);
  }
}
