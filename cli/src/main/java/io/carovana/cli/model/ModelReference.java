package io.carovana.cli.model;

import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.model.files.ModelFiles;
import java.nio.file.Path;

/**
 * Where a model is and what it is called.
 *
 * @param path folder or GGUF file, absolute
 * @param name what clients see unless told otherwise; no decision is taken from it
 */
public record ModelReference(Path path, String name) {
  /** Word for the model that comes with the distribution. */
  public static final String DEMO = "demo";

  private static final String DEMO_NAME = "carovana-demo";
  private static final String HUB_FOLDER = "models--";

  /**
   * Of the setting {@code model}.
   *
   * @throws io.carovana.model.files.ModelException when there is no such model
   */
  public static ModelReference of(Settings settings, Path distribution) {
    try (ModelFiles files = open(settings.requireText(Setting.MODEL), distribution)) {
      return of(settings.requireText(Setting.MODEL), files);
    }
  }

  /** Of an opened model that an operator called {@code reference}. */
  public static ModelReference of(String reference, ModelFiles files) {
    Path path = files.path().toAbsolutePath().normalize();
    return new ModelReference(path, reference.equals(DEMO) ? DEMO_NAME : nameOf(path));
  }

  /**
   * Opens what an operator wrote.
   *
   * @throws io.carovana.model.files.ModelException when there is no such model
   */
  public static ModelFiles open(String reference, Path distribution) {
    return reference.equals(DEMO)
        ? ModelFiles.open(distribution.resolve("demo-model"))
        : ModelFiles.open(reference);
  }

  /** {@code org/name} of a Hub cache, otherwise the last part of the path. */
  private static String nameOf(Path path) {
    for (Path part : path) {
      String text = part.toString();
      if (text.startsWith(HUB_FOLDER)) {
        return text.substring(HUB_FOLDER.length()).replace("--", "/");
      }
    }
    return String.valueOf(path.getFileName()).replaceFirst("(?i)\\.gguf$", "");
  }
}
