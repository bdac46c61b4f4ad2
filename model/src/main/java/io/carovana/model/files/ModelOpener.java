package io.carovana.model.files;

import java.nio.file.Path;

/** Opens a folder or a GGUF file. */
final class ModelOpener {
  private ModelOpener() {}

  static ModelFiles open(Path path) {
    throw new UnsupportedOperationException("not yet: " + path);
  }
}
