package io.carovana.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Any bytes are a tokenizer or a typed refusal; what is a tokenizer encodes any text, decodes its
 * own ids, and stays the same when handed over. See docs/fuzzing.md.
 */
class ModelProtoFuzzTest {
  private static final String[] TEXTS = {"", "a", " ab  ba\n", "▁a <MID>é🦙\0", "aaaaaaaaaaaaaaaa"};

  @FuzzTest(maxDuration = "12m")
  void model(byte[] bytes) {
    Tokenizer tokenizer;
    try {
      tokenizer = Tokenizer.fromModelProto(bytes);
    } catch (TokenizerException refused) {
      assertThat(refused.reason()).isNotBlank();
      return;
    }
    Tokenizer copy = Tokenizer.fromModelProto(tokenizer.toModelProto());
    for (String text : TEXTS) {
      int[] ids = tokenizer.encode(text);
      assertThat(copy.encode(text)).containsExactly(ids);
      assertThat(copy.decode(ids)).isEqualTo(tokenizer.decode(ids));
      assertThat(tokenizer.encode(Utf8.decode(bytes))).isNotNull();
    }
  }
}
