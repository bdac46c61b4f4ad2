package io.carovana.cli.model;

import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.model.files.ModelPaths;
import java.nio.file.Path;

/**
 * Where a model is and what it is called.
 *
 * @param path folder or GGUF file
 * @param name what clients see unless told otherwise; no decision is taken from it
 */
public record ModelReference(Path path, String name) {
  /** Word for the model that comes with the distribution. */
  public static final String DEMO = "demo";

  private static final String DEMO_NAME = "carovana-demo";

  /** Of the setting {@code model}. */
  public static ModelReference of(Settings settings, Path distribution) {
    return of(settings.requireText(Setting.MODEL), distribution);
  }

  /**
   * Of what an operator wrote.
   *
   * @throws io.carovana.model.files.ModelException when there is no such model
   */
  public static ModelReference of(String reference, Path distribution) {
    if (reference.equals(DEMO)) {
      return new ModelReference(distribution.resolve("demo-model"), DEMO_NAME);
    }
    Path path = ModelPaths.resolve(reference);
    return new ModelReference(path, nameOf(reference, path));
  }

  private static String nameOf(String reference, Path path) {
    boolean hubName = reference.matches("[^/.~][^/]*/[^/]+") && !Path.of(reference).equals(path);
    if (hubName) {
      return reference;
    }
    String file = String.valueOf(Path.of(reference).toAbsolutePath().normalize().getFileName());
    return file.replaceFirst("(?i)\\.gguf$", "");
  }
}
