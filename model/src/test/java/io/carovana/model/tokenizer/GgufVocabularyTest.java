package io.carovana.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carovana.model.tokenizer.TokenizerException.Kind;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tokenizer as GGUF files carry it. */
class GgufVocabularyTest {
  private static final Tokenizer DEMO = DemoModel.tokenizer();

  @Test
  void isTheSameTokenizerAsFromTheSentencePieceFile() {
    Tokenizer tokenizer = demo(OptionalInt.of(1), OptionalInt.of(2)).toTokenizer();
    assertThat(tokenizer.toModelProto()).isEqualTo(DEMO.toModelProto());
    String text = "def f(x):\n    return \"🦙\" <MID>\r\n";
    assertThat(tokenizer.encode(text)).containsExactly(DEMO.encode(text));
    assertThat(tokenizer.encodeUserText(text)).containsExactly(DEMO.encodeUserText(text));
    assertThat(tokenizer.infilling()).isEqualTo(DEMO.infilling());
  }

  @Test
  void findsBosAndEosByPieceWhereTheFileDoesNotSay() {
    Tokenizer tokenizer = demo(OptionalInt.empty(), OptionalInt.empty()).toTokenizer();
    assertThat(tokenizer.bosId()).isEqualTo(1);
    assertThat(tokenizer.eosId()).isEqualTo(2);
  }

  @Test
  void takesBosAndEosForControlPiecesWhateverTheFileCallsThem() {
    GgufVocabulary demo = demo(OptionalInt.of(1), OptionalInt.of(2));
    int[] types = types();
    types[1] = PieceType.NORMAL.number();
    types[2] = PieceType.USER_DEFINED.number();
    Tokenizer tokenizer = with(demo, demo.pieces(), demo.scores(), types).toTokenizer();
    assertThat(tokenizer.encode("<s></s>")).containsExactly(DEMO.encode("<s></s>"));
    assertThat(tokenizer.decode(new int[] {1, 2})).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "bert", "t5", "", "LLAMA"})
  void refusesOtherTokenizersByName(String model) {
    TokenizerException refused =
        catchThrowableOfType(
            TokenizerException.class,
            () ->
                new GgufVocabulary(
                        model,
                        null,
                        null,
                        null,
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        true,
                        false,
                        false)
                    .toTokenizer());
    assertThat(refused.kind()).isEqualTo(Kind.UNSUPPORTED);
    assertThat(refused.subject()).isEqualTo("tokenizer.ggml.model");
    assertThat(refused.reason()).contains("\"" + model + "\"");
  }

  @Test
  void namesTheEntryThatIsMissingOrTooShort() {
    GgufVocabulary demo = demo(OptionalInt.of(1), OptionalInt.of(2));
    assertMalformed(with(demo, null, demo.scores(), demo.types()), "tokenizer.ggml.tokens");
    assertMalformed(with(demo, demo.pieces(), null, demo.types()), "tokenizer.ggml.scores");
    assertMalformed(with(demo, demo.pieces(), demo.scores(), null), "tokenizer.ggml.token_type");
    assertMalformed(with(demo, demo.pieces(), new float[7], demo.types()), "tokenizer.ggml.scores");
    assertMalformed(
        with(demo, demo.pieces(), demo.scores(), new int[7]), "tokenizer.ggml.token_type");
    assertMalformed(demo(OptionalInt.of(-1), OptionalInt.of(2)), "tokenizer.ggml.bos_token_id");
    assertMalformed(demo(OptionalInt.of(1), OptionalInt.of(4096)), "tokenizer.ggml.eos_token_id");
    int[] types = types();
    types[300] = 0;
    assertMalformed(
        with(demo, demo.pieces(), demo.scores(), types), "tokenizer.ggml.token_type[300]");
  }

  @Test
  void refusesWhatWouldChangeTheIds() {
    assertUnsupported(false, false, false, "tokenizer.ggml.add_space_prefix");
    assertUnsupported(true, true, false, "tokenizer.ggml.remove_extra_whitespaces");
    assertUnsupported(true, false, true, "tokenizer.ggml.precompiled_charsmap");
  }

  private static void assertUnsupported(
      boolean addPrefix, boolean removeSpaces, boolean charsmap, String subject) {
    GgufVocabulary demo = demo(OptionalInt.of(1), OptionalInt.of(2));
    GgufVocabulary changed =
        new GgufVocabulary(
            "llama",
            demo.pieces(),
            demo.scores(),
            demo.types(),
            demo.bosId(),
            demo.eosId(),
            addPrefix,
            removeSpaces,
            charsmap);
    TokenizerException refused =
        catchThrowableOfType(TokenizerException.class, changed::toTokenizer);
    assertThat(refused.kind()).isEqualTo(Kind.UNSUPPORTED);
    assertThat(refused.subject()).isEqualTo(subject);
  }

  private static void assertMalformed(GgufVocabulary vocabulary, String subject) {
    TokenizerException refused =
        catchThrowableOfType(TokenizerException.class, vocabulary::toTokenizer);
    assertThat(refused.kind()).isEqualTo(Kind.MALFORMED);
    assertThat(refused.subject()).isEqualTo(subject);
  }

  private static GgufVocabulary demo(OptionalInt bos, OptionalInt eos) {
    String[] pieces = new String[DEMO.vocabSize()];
    float[] scores = new float[pieces.length];
    for (int id = 0; id < pieces.length; id++) {
      pieces[id] = DEMO.piece(id);
      scores[id] = DEMO.score(id);
    }
    return new GgufVocabulary("llama", pieces, scores, types(), bos, eos, true, false, false);
  }

  private static int[] types() {
    int[] types = new int[DEMO.vocabSize()];
    for (int id = 0; id < types.length; id++) {
      types[id] = DEMO.type(id).number();
    }
    return types;
  }

  private static GgufVocabulary with(
      GgufVocabulary base,
      String @Nullable [] pieces,
      float @Nullable [] scores,
      int @Nullable [] types) {
    return new GgufVocabulary(
        base.model(), pieces, scores, types, base.bosId(), base.eosId(), true, false, false);
  }
}
