package io.carovana.model.tokenizer;

import java.util.Arrays;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The {@code tokenizer.ggml.*} entries of a GGUF file, as a tokenizer needs them.
 *
 * @param model {@code tokenizer.ggml.model}: only {@code llama} is SentencePiece BPE
 * @param pieces {@code tokenizer.ggml.tokens}, or null if the file lacks them
 * @param scores {@code tokenizer.ggml.scores}, one per piece, or null
 * @param types {@code tokenizer.ggml.token_type}, one per piece, or null
 * @param bosId {@code tokenizer.ggml.bos_token_id}; without it the piece {@code <s>}
 * @param eosId {@code tokenizer.ggml.eos_token_id}; without it the piece {@code </s>}
 * @param addSpacePrefix {@code tokenizer.ggml.add_space_prefix}, true by default
 * @param removeExtraWhitespaces {@code tokenizer.ggml.remove_extra_whitespaces}, false by default
 * @param hasCharsmap whether there is a {@code tokenizer.ggml.precompiled_charsmap}
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record GgufVocabulary(
    String model,
    String @Nullable [] pieces,
    float @Nullable [] scores,
    int @Nullable [] types,
    OptionalInt bosId,
    OptionalInt eosId,
    boolean addSpacePrefix,
    boolean removeExtraWhitespaces,
    boolean hasCharsmap) {
  private static final String KEY = "tokenizer.ggml.";

  /**
   * @throws TokenizerException naming the entry that is missing, wrong or not supported
   */
  public Tokenizer toTokenizer() {
    if (!model.equals("llama")) {
      throw TokenizerException.unsupported(
          KEY + "model", "\"" + model + "\" is not supported, only \"llama\" (SentencePiece BPE)");
    }
    refuse(!addSpacePrefix, "add_space_prefix", "false");
    refuse(removeExtraWhitespaces, "remove_extra_whitespaces", "true");
    refuse(hasCharsmap, "precompiled_charsmap", "normalization other than identity");
    String[] checkedPieces = require(pieces, "tokens").clone();
    float[] checkedScores = require(scores, "scores").clone();
    int[] checkedTypes = require(types, "token_type");
    int size = checkedPieces.length;
    requireLength("scores", checkedScores.length, size);
    requireLength("token_type", checkedTypes.length, size);
    PieceType[] pieceTypes = new PieceType[size];
    for (int id = 0; id < size; id++) {
      pieceTypes[id] = PieceType.of(checkedTypes[id], KEY + "token_type[" + id + "]");
    }
    return new Tokenizer(
        new Vocabulary(
            checkedPieces,
            checkedScores,
            pieceTypes,
            control(bosId, "<s>", "bos_token_id", checkedPieces, pieceTypes),
            control(eosId, "</s>", "eos_token_id", checkedPieces, pieceTypes),
            Vocabulary.DEFAULT_UNKNOWN_SURFACE));
  }

  /** Some files mark bos and eos as ordinary pieces; text must not become them all the same. */
  private static int control(
      OptionalInt stated, String usual, String key, String[] pieces, PieceType[] types) {
    int id = stated.orElse(Arrays.asList(pieces).indexOf(usual));
    if (id < 0 || id >= types.length) {
      throw TokenizerException.malformed(
          KEY + key, stated.isPresent() ? id + " is not a piece" : "is missing");
    }
    types[id] = PieceType.CONTROL;
    return id;
  }

  private static <T> T require(@Nullable T value, String key) {
    if (value == null) {
      throw TokenizerException.malformed(KEY + key, "is missing");
    }
    return value;
  }

  private static void requireLength(String key, int length, int expected) {
    if (length != expected) {
      throw TokenizerException.malformed(
          KEY + key, "has " + length + " elements for " + expected + " pieces");
    }
  }

  private static void refuse(boolean present, String key, String what) {
    if (present) {
      throw TokenizerException.unsupported(KEY + key, what + " is not supported");
    }
  }
}
