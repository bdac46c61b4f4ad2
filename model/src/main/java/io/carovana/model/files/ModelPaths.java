package io.carovana.model.files;

import java.nio.file.Path;

/** From what a person wrote to the folder or file that is meant. */
final class ModelPaths {
  private ModelPaths() {}

  static Path resolve(String reference) {
    throw new UnsupportedOperationException("not yet: " + reference);
  }
}
