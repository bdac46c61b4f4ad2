package io.carovana.worker.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.files.ModelFiles;
import io.carovana.model.prompt.CompletionPrompt;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.testing.DemoTokenizer;
import io.carovana.model.tokenizer.TokenizerLoader;
import io.carovana.worker.local.LocalOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * The last logits of a prompt of 8,000 tokens, Python sources of this repository, against those of
 * {@code tools/fixtures/long_logits.py}, which computes them in float64 from the ids that
 * SentencePiece gave the text.
 */
class LongPromptLogitsTest {
  /** As in {@link ReferenceLogitsTest}: promised are 2e-4, held is what was measured. */
  private static final double TOLERANCE = 1e-5;

  private static final ReferenceLogits REFERENCE = ReferenceLogits.of("LONG", false);

  private static final LocalOptions TWO_RANKS =
      LocalOptions.DEFAULT
          .withRanks(2, 1)
          .withPrefillChunk(1000)
          .withContext(REFERENCE.ids().length, 1);

  @Test
  void theTextHasTheIdsOfSentencePiece() throws IOException {
    try (InputStream in = LongPromptLogitsTest.class.getResourceAsStream("long-prompt.txt");
        ModelFiles files = open()) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(
              CompletionPrompt.ofText(TokenizerLoader.load(files.tokenizer()), text, "prompt")
                  .ids())
          .isEqualTo(REFERENCE.ids());
    }
  }

  @Test
  void lastLogitsAreThoseOfTheReferenceHoweverThePromptIsCut() {
    try (ModelFiles files = open()) {
      float[] logits = RawLogits.ofLastRow(files, TWO_RANKS, REFERENCE.ids());
      double distance = distance(logits);
      System.out.printf(
          "%d tokens: %.1e of the largest logit from the reference%n",
          REFERENCE.ids().length, distance);
      assertThat(distance).isLessThan(TOLERANCE);

      LocalOptions three = TWO_RANKS.withRanks(3, 1).withPrefillChunk(333);
      assertThat(RawLogits.ofLastRow(files, three, REFERENCE.ids())).isEqualTo(logits);
    }
  }

  /** What a KV cache in q8 costs after so many positions. */
  @Test
  void lastLogitsWithAnEightBitKvCacheAreNear() {
    try (ModelFiles files = open()) {
      LocalOptions options = TWO_RANKS.withKv(KvProfile.Q8);
      double distance = distance(RawLogits.ofLastRow(files, options, REFERENCE.ids()));
      System.out.printf(
          "%d tokens: %.1e of the largest logit with the KV cache in q8%n",
          REFERENCE.ids().length, distance);
      assertThat(distance).isBetween(TOLERANCE, ReferenceLogitsTest.Q8_TOLERANCE);
    }
  }

  private static ModelFiles open() {
    return ModelFiles.open(DemoTokenizer.file().resolveSibling(""));
  }

  private static double distance(float[] logits) {
    float[] expected = REFERENCE.expected();
    double most = 0;
    double largest = 0;
    for (int id = 0; id < expected.length; id++) {
      most = Math.max(most, Math.abs(logits[id] - expected[id]));
      largest = Math.max(largest, Math.abs(expected[id]));
    }
    return most / largest;
  }
}
