package io.carovana.chaostests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carovana.model.Numerics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Prompts of 8,000 tokens through REST on two workers: right to the last bit, not read twice, and
 * nothing left behind. After each test all KV pages are free.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LongPromptIT {
  private static final int CONTEXT = 9_216;
  private static final int CHUNK = 1_024;
  private static final int NEW_TOKENS = 24;
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Path TEXT =
      Path.of(
          System.getProperty("carovana.root"),
          "worker/src/test/resources/io/carovana/worker/reference/long-prompt.txt");

  @TempDir static Path home;
  private String prompt;
  private Instance instance;
  private Api api;
  private LocalReference reference;
  private String expectedDigest = "";

  @BeforeAll
  void start() throws Exception {
    prompt = Files.readString(TEXT);
    instance = Instance.up(home, "--context", "" + CONTEXT, "--prefill-chunk", "" + CHUNK);
    api = instance.api();
    reference = new LocalReference(CONTEXT);
  }

  @AfterAll
  void stop() {
    if (reference != null) {
      reference.close();
    }
    if (instance != null) {
      instance.close();
    }
  }

  @AfterEach
  void allPagesComeBack() {
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              JsonNode status = api.status();
              return status.at("/requests/running").asLong() == 0
                  && status.at("/requests/queued").asLong() == 0
                  && status.at("/kv_pages/free").asLong() == status.at("/kv_pages/total").asLong();
            });
  }

  @Test
  @Order(1)
  void theAnswerIsTheReferencesByteForByte() throws Exception {
    Distribution.Outcome generated =
        Distribution.run(
            home,
            "generate",
            "--model",
            "demo",
            "--prompt-file",
            TEXT.toString(),
            "--max-tokens",
            "" + NEW_TOKENS,
            "--prefill-chunk",
            "700",
            "--output",
            "json");
    assertThat(generated.exit()).as(generated.err()).isZero();
    JsonNode expected = generated.json();
    Api.Answer answer = complete(prompt);
    assertThat(answer.body().at("/usage/prompt_tokens").asInt())
        .isEqualTo(expected.path("prompt_ids").size())
        .isGreaterThan(8_000);
    assertThat(answer.text()).isEqualTo(expected.path("text").asText());
    expectedDigest = expected.path("logits_digest").asText();
    assertThat(answer.digest()).isEqualTo(expectedDigest).isNotEmpty();
    assertCached(answer, 0);
  }

  @Test
  @Order(2)
  void anEditInTheMiddleIsReadFromTheEditOn() throws Exception {
    int middle = prompt.indexOf('\n', prompt.length() / 2);
    String edited = prompt.substring(0, middle) + "  # edited" + prompt.substring(middle);
    int same = Arrays.mismatch(reference.ids(prompt), reference.ids(edited));
    Api.Answer answer = complete(edited);
    assertRight(answer, edited);
    assertCached(answer, same - same % Numerics.KV_PAGE_TOKENS);
  }

  @Test
  @Order(3)
  void aRetryGoesOnWhereTheClientGaveUp() throws Exception {
    // Begins like no prompt before.
    String other = prompt.substring(prompt.length() / 3) + prompt.substring(0, 500);
    int read;
    try (EventStream stream = api.stream(Api.greedy(other, NEW_TOKENS))) {
      read = stream.awaitProgress();
      assertThat(read).isBetween(1, reference.ids(other).length - 1);
    }
    allPagesComeBack();
    Api.Answer answer = complete(other);
    assertRight(answer, other);
    if (knowsCached(answer)) {
      int cached = cached(answer);
      System.out.printf("given up after %d tokens, %d cached for the retry%n", read, cached);
      assertThat(cached).isGreaterThanOrEqualTo(read - read % Numerics.KV_PAGE_TOKENS);
    }
  }

  @Test
  @Order(4)
  void aCrowdOfPromptsLosesNothing() throws Exception {
    Crowd crowd = new Crowd(api, prompt, CONTEXT);
    crowd.run();
    crowd.check(reference);
    allPagesComeBack();
    assertThat(complete(prompt).digest()).isEqualTo(expectedDigest);
  }

  private Api.Answer complete(String text) throws IOException, InterruptedException {
    ObjectNode request = Api.greedy(text, NEW_TOKENS);
    long start = System.nanoTime();
    Api.Answer answer = api.complete(request);
    System.out.printf(
        "%s tokens in %.1f s%n", answer.body().path("usage"), (System.nanoTime() - start) / 1e9);
    assertThat(answer.status()).as("%s", answer.body()).isEqualTo(200);
    return answer;
  }

  private void assertRight(Api.Answer answer, String text) {
    LocalReference.Answer expected = reference.complete(text, NEW_TOKENS);
    assertThat(answer.text()).isEqualTo(expected.text());
    assertThat(answer.digest()).isEqualTo(expected.digest()).isNotEmpty();
  }

  private static void assertCached(Api.Answer answer, int tokens) {
    if (knowsCached(answer)) {
      assertThat(cached(answer)).isEqualTo(tokens);
    }
  }

  private static boolean knowsCached(Api.Answer answer) {
    return answer.body().at("/usage/prompt_tokens_details/cached_tokens").isInt();
  }

  private static int cached(Api.Answer answer) {
    return answer.body().at("/usage/prompt_tokens_details/cached_tokens").asInt();
  }
}
