package io.carovana.model.tokenizer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The tokenizer of the embedded demo model. */
final class DemoModel {
  private DemoModel() {}

  static byte[] modelProto() {
    try {
      return Files.readAllBytes(Path.of("demo-model", "tokenizer.model"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Tokenizer tokenizer() {
    return Tokenizer.fromModelProto(modelProto());
  }
}
