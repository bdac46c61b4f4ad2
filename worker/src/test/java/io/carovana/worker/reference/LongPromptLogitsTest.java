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
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The last logits of a prompt of 8,000 tokens, Python sources of this repository, against those of
 * {@code tools/fixtures/long_logits.py}, which computes them in float64 from the ids that
 * SentencePiece gave the text.
 */
class LongPromptLogitsTest {
  /** Largest difference promised, as a part of the largest logit. */
  private static final double PROMISED = 2e-4;

  /** As in {@link ReferenceLogitsTest}, what was measured is held. */
  private static final double TOLERANCE = 1e-5;

  private static final String FIXTURE = "carovana.fixture";

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
      double distance = distance(logits, REFERENCE);
      System.out.printf(
          "%d tokens: %.1e of the largest logit from the reference%n",
          REFERENCE.ids().length, distance);
      assertThat(distance).isLessThan(TOLERANCE);

      LocalOptions three = TWO_RANKS.withRanks(3, 1).withPrefillChunk(333);
      assertThat(RawLogits.ofLastRow(files, three, REFERENCE.ids())).isEqualTo(logits);
    }
  }

  /** What narrower KV caches cost after so many positions: 5.6e-3 and 7.8e-3 were measured. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "Q8"})
  void lastLogitsWithANarrowKvCacheAreNear(KvProfile kv) {
    try (ModelFiles files = open()) {
      LocalOptions options = TWO_RANKS.withKv(kv);
      double distance = distance(RawLogits.ofLastRow(files, options, REFERENCE.ids()), REFERENCE);
      System.out.printf(
          "%d tokens: %.1e of the largest logit with the KV cache in %s%n",
          REFERENCE.ids().length, distance, kv.id());
      assertThat(distance).isBetween(TOLERANCE, 1e-2);
    }
  }

  /**
   * The same for a prompt of any length: with {@code -Dcarovana.fixture=FILE}, which {@code
   * long_logits.py --fixture} wrote. Prints the digest that a cluster gives an answer of one token.
   */
  @Test
  @EnabledIfSystemProperty(named = FIXTURE, matches = ".+")
  void lastLogitsOfAGivenPromptAreThoseOfTheReference() throws IOException {
    ReferenceLogits reference = ReferenceLogits.read(Path.of(System.getProperty(FIXTURE)));
    try (ModelFiles files = open()) {
      LocalOptions options = TWO_RANKS.withContext(reference.ids().length, 1);
      float[] logits = RawLogits.ofLastRow(files, options, reference.ids());
      double distance = distance(logits, reference);
      System.out.printf(
          "%d tokens: %.1e of the largest logit from the reference, digest %s%n",
          reference.ids().length, distance, RawLogits.digest(logits));
      assertThat(distance).isLessThan(PROMISED);
    }
  }

  private static ModelFiles open() {
    return ModelFiles.open(DemoTokenizer.file().resolveSibling(""));
  }

  private static double distance(float[] logits, ReferenceLogits reference) {
    float[] expected = reference.expected();
    double most = 0;
    double largest = 0;
    for (int id = 0; id < expected.length; id++) {
      most = Math.max(most, Math.abs(logits[id] - expected[id]));
      largest = Math.max(largest, Math.abs(expected[id]));
    }
    return most / largest;
  }
}
