package io.carovana.gateway.http;

import io.carovana.gateway.text.ModelText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The demo model's vocabulary without its last pieces, the infilling sentinels. */
final class PlainModel {
  private PlainModel() {}

  static ModelText text() throws IOException {
    byte[] proto = Files.readAllBytes(Path.of("..", "model", "demo-model", "tokenizer.model"));
    byte[] plain = renamed(proto, "<PRE>", "<pre>");
    return ModelText.read("plain", plain, 4096);
  }

  /** The file with every occurrence of a piece's text replaced by another of the same length. */
  private static byte[] renamed(byte[] proto, String piece, String other) {
    java.nio.charset.Charset latin = java.nio.charset.StandardCharsets.ISO_8859_1;
    return new String(proto, latin).replace(piece, other).getBytes(latin);
  }
}
