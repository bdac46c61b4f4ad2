package io.carovana.model;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.Int4Matrix;
import io.carovana.model.files.ModelDigest;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.ModelTensor;
import io.carovana.model.files.TokenizerSource;
import io.carovana.model.tokenizer.Tokenizer;
import io.carovana.model.tokenizer.TokenizerLoader;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@code carovana model inspect} shows.
 *
 * @param path folder or GGUF file
 * @param format which of the two
 * @param config the model's shape
 * @param types tensors and bytes by what they are stored as
 * @param tensors number of norms and matrices
 * @param parameters number of weights
 * @param bytes bytes of all tensors
 * @param tokenizer its tokenizer
 * @param digest the model's digest, hex
 */
public record ModelSummary(
    Path path,
    ModelFiles.Format format,
    ModelConfig config,
    Map<String, TypeShare> types,
    int tensors,
    long parameters,
    long bytes,
    TokenizerSummary tokenizer,
    String digest) {

  /** Copies the map, sorted by name. */
  public ModelSummary {
    types = Collections.unmodifiableMap(new TreeMap<>(types));
  }

  /**
   * Tensors of one type.
   *
   * @param tensors how many
   * @param bytes their bytes in the files
   * @param widened how many hold 4-bit codes whose zero points ask for 8 bits in memory
   */
  public record TypeShare(int tensors, long bytes, int widened) {
    TypeShare plus(TypeShare other) {
      return new TypeShare(tensors + other.tensors, bytes + other.bytes, widened + other.widened);
    }
  }

  /**
   * The tokenizer, or why there is none.
   *
   * @param kind {@code tokenizer.model}, {@code GGUF metadata} or {@code none}
   * @param pieces number of pieces, 0 if it cannot be used
   * @param infilling whether it has the infilling pieces
   * @param problem why it cannot be used; empty if it can
   */
  public record TokenizerSummary(String kind, int pieces, boolean infilling, String problem) {}

  /**
   * Summarizes an opened model.
   *
   * @throws ModelException.ReadFailed if it cannot be read
   */
  public static ModelSummary of(ModelFiles model) {
    Map<String, TypeShare> types = new TreeMap<>();
    long parameters = 0;
    for (ModelTensor tensor : model.tensors()) {
      boolean widened = tensor instanceof Int4Matrix matrix && !model.isSymmetric(matrix);
      TypeShare share = new TypeShare(1, tensor.storedBytes(), widened ? 1 : 0);
      types.merge(tensor.storedAs(), share, TypeShare::plus);
      parameters += tensor.elements();
    }
    return new ModelSummary(
        model.path(),
        model.format(),
        model.config(),
        types,
        model.tensors().size(),
        parameters,
        model.totalBytes(),
        tokenizer(model),
        ModelDigest.of(model));
  }

  private static TokenizerSummary tokenizer(ModelFiles model) {
    String kind = "none";
    try {
      TokenizerSource source = model.tokenizer();
      kind =
          switch (source) {
            case TokenizerSource.SentencePieceFile file -> "tokenizer.model";
            case TokenizerSource.Gguf gguf -> "GGUF metadata";
          };
      Tokenizer tokenizer = TokenizerLoader.load(source);
      return new TokenizerSummary(
          kind, tokenizer.vocabSize(), tokenizer.infilling().isPresent(), "");
    } catch (ModelException e) {
      return new TokenizerSummary(kind, 0, false, String.valueOf(e.getMessage()));
    }
  }
}
