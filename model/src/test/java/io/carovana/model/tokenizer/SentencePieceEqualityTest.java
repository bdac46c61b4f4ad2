package io.carovana.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The demo model's tokenizer against the ids and texts of the sentencepiece library. */
class SentencePieceEqualityTest {
  private static final int LEAST_TEXTS = 5_000;

  private static final Tokenizer TOKENIZER = DemoModel.tokenizer();
  private static TokenizerCases cases;

  @BeforeAll
  static void readCases() throws IOException {
    try (InputStream in =
        SentencePieceEqualityTest.class.getResourceAsStream("demo-model-cases.gz")) {
      cases = TokenizerCases.read(Objects.requireNonNull(in));
    }
  }

  @Test
  void encodesEveryStoredTextToTheSameIds() {
    assertThat(cases.texts()).hasSizeGreaterThanOrEqualTo(LEAST_TEXTS);
    for (TokenizerCases.Case expected : cases.texts()) {
      assertThat(TOKENIZER.encode(expected.utf8()))
          .as(() -> "\"" + Utf8.decode(expected.utf8()) + "\"")
          .containsExactly(expected.ids());
    }
  }

  @Test
  void decodesEveryStoredIdListToTheSameText() {
    assertThat(cases.decodes()).isNotEmpty();
    for (TokenizerCases.Case expected : cases.decodes()) {
      assertThat(TOKENIZER.decode(expected.ids()))
          .as(() -> Arrays.toString(expected.ids()))
          .isEqualTo(new String(expected.utf8(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void staysTheSameWhenHandedOverAsBytes() {
    Tokenizer copy = Tokenizer.fromModelProto(TOKENIZER.toModelProto());
    for (TokenizerCases.Case expected : cases.texts()) {
      assertThat(copy.encode(expected.utf8())).containsExactly(expected.ids());
    }
    assertThat(copy.toModelProto()).isEqualTo(TOKENIZER.toModelProto());
    assertThat(copy.infilling()).isEqualTo(TOKENIZER.infilling());
    assertThat(copy.bosId()).isEqualTo(TOKENIZER.bosId());
    assertThat(copy.eosId()).isEqualTo(TOKENIZER.eosId());
    assertThat(copy.unkId()).isEqualTo(TOKENIZER.unkId());
  }
}
