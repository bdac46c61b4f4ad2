package io.carovana.model.tokenizer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/** The tokenizer of the embedded demo model. */
public final class DemoModel {
  private DemoModel() {}

  /** The bytes of its {@code tokenizer.model}. */
  public static byte[] modelProto() {
    try {
      return Files.readAllBytes(Path.of("demo-model", "tokenizer.model"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** That file, read. */
  public static Tokenizer tokenizer() {
    return Tokenizer.fromModelProto(modelProto());
  }

  /** The same vocabulary without its 16 infilling pieces, which are the last ones. */
  public static Tokenizer withoutInfilling() {
    Tokenizer full = tokenizer();
    int size = full.vocabSize() - 16;
    String[] pieces = new String[size];
    float[] scores = new float[size];
    int[] types = new int[size];
    for (int id = 0; id < size; id++) {
      pieces[id] = full.piece(id);
      scores[id] = full.score(id);
      types[id] = full.type(id).number();
    }
    return new GgufVocabulary(
            "llama",
            pieces,
            scores,
            types,
            OptionalInt.of(full.bosId()),
            OptionalInt.of(full.eosId()),
            true,
            false,
            false)
        .toTokenizer();
  }
}
