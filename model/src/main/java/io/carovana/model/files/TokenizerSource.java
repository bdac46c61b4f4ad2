package io.carovana.model.files;

import java.nio.file.Path;

/** Where a model keeps its tokenizer. */
public sealed interface TokenizerSource {
  /** A SentencePiece model beside the weights. */
  record SentencePieceFile(Path path) implements TokenizerSource {}

  /** The {@code tokenizer.ggml.*} entries of a GGUF file. */
  record Gguf(GgufMetadata metadata) implements TokenizerSource {}
}
