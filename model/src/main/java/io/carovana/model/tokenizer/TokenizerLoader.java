package io.carovana.model.tokenizer;

import io.carovana.model.files.GgufMetadata;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.TokenizerSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Tokenizers from the files of a model. */
public final class TokenizerLoader {
  private static final String KEY = "tokenizer.ggml.";

  private TokenizerLoader() {}

  /**
   * Reads the tokenizer that belongs to a model.
   *
   * @throws ModelException naming the file, the field and what is wrong with it
   */
  public static Tokenizer load(TokenizerSource source) {
    return switch (source) {
      case TokenizerSource.SentencePieceFile file -> loadSentencePiece(file.path());
      case TokenizerSource.Gguf gguf -> loadGguf(gguf.metadata());
    };
  }

  private static Tokenizer loadSentencePiece(Path file) {
    byte[] bytes;
    try {
      long size = Files.size(file);
      if (size > ModelProtoReader.MAX_BYTES) {
        throw new ModelException.Malformed(
            file,
            null,
            size + " bytes are more than the " + ModelProtoReader.MAX_BYTES + " of any tokenizer");
      }
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new ModelException.ReadFailed(file, null, "cannot be read: " + e.getMessage(), e);
    }
    try {
      return Tokenizer.fromModelProto(bytes);
    } catch (TokenizerException e) {
      throw inFile(file, e);
    }
  }

  private static Tokenizer loadGguf(GgufMetadata metadata) {
    String model = metadata.string(KEY + "model");
    if (model == null) {
      throw new ModelException.Malformed(metadata.file(), KEY + "model", "is missing");
    }
    GgufVocabulary vocabulary =
        new GgufVocabulary(
            model,
            metadata.strings(KEY + "tokens"),
            floats(metadata.numbers(KEY + "scores")),
            ints(metadata.integers(KEY + "token_type")),
            id(metadata, KEY + "bos_token_id"),
            id(metadata, KEY + "eos_token_id"),
            !Boolean.FALSE.equals(metadata.bool(KEY + "add_space_prefix")),
            Boolean.TRUE.equals(metadata.bool(KEY + "remove_extra_whitespaces")),
            metadata.keys().contains(KEY + "precompiled_charsmap"));
    try {
      return vocabulary.toTokenizer();
    } catch (TokenizerException e) {
      throw inFile(metadata.file(), e);
    }
  }

  private static ModelException inFile(Path file, TokenizerException e) {
    return switch (e.kind()) {
      case MALFORMED -> new ModelException.Malformed(file, e.subject(), e.reason(), e);
      case UNSUPPORTED -> new ModelException.Unsupported(file, e.subject(), e.reason());
    };
  }

  private static OptionalInt id(GgufMetadata metadata, String key) {
    Long id = metadata.integer(key);
    // An id out of range is refused with its key; only its size must survive the narrowing.
    return id == null
        ? OptionalInt.empty()
        : OptionalInt.of((int) Math.clamp(id, -1, Integer.MAX_VALUE));
  }

  private static float @Nullable [] floats(double @Nullable [] numbers) {
    if (numbers == null) {
      return null;
    }
    float[] floats = new float[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      floats[i] = (float) numbers[i];
    }
    return floats;
  }

  private static int @Nullable [] ints(long @Nullable [] numbers) {
    if (numbers == null) {
      return null;
    }
    int[] ints = new int[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      ints[i] = (int) Math.clamp(numbers[i], -1, Integer.MAX_VALUE);
    }
    return ints;
  }
}
