package io.carovana.chaostests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.cli.instance.ProcessIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * One instance, one fault after another. After each: the client's outcome is typed, the same prompt
 * gives the same bytes again, and the KV pages are back.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FaultsIT {
  private static final String PROMPT = "class Caravan:\n    def __init__(self, camels):";
  private static final int SHORT = 24;

  /** Long enough to be running when the fault comes. */
  private static final int LONG = 1500;

  private static final Duration FENCED = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir static Path home;
  private Instance instance;
  private Api api;
  private JsonNode expected;

  @BeforeAll
  void start() throws Exception {
    instance = Instance.up(home);
    api = instance.api();
    Distribution.Outcome oracle =
        Distribution.run(
            home,
            "generate",
            "--model",
            "demo",
            "--prompt",
            PROMPT,
            "--max-tokens",
            "" + SHORT,
            "--output",
            "json");
    assertThat(oracle.exit()).as(oracle.err()).isZero();
    expected = oracle.json();
  }

  @AfterAll
  void stop() {
    if (instance != null) {
      instance.close();
    }
  }

  @BeforeEach
  void awaitServing() {
    await().atMost(PATIENCE).until(api::healthy);
  }

  @Test
  @Order(1)
  void answersAreTheOraclesByteForByte() throws Exception {
    answersAsBefore();
    try (EventStream stream = api.stream(Api.greedy(PROMPT, SHORT))) {
      stream.drain();
      assertThat(stream.done()).isTrue();
      assertThat(stream.text()).isEqualTo(expected.path("text").asText());
      assertThat(stream.digest()).isEqualTo(expected.path("logits_digest").asText());
    }
  }

  @Test
  @Order(2)
  void aClientThatGoesGivesItsPagesBack() throws Exception {
    long baseline = api.status().at("/kv_pages/total").asLong();
    await().atMost(PATIENCE).until(() -> freePages() == baseline);
    try (EventStream stream = api.stream(Api.greedy(PROMPT, LONG))) {
      assertThat(stream.next()).isPresent();
      await().atMost(PATIENCE).until(() -> freePages() < baseline);
    }
    await().atMost(PATIENCE).until(() -> freePages() == baseline && running() == 0);
    assertThat(api.status().at("/counters/requests_cancelled").asLong()).isPositive();
    answersAsBefore();
  }

  @Test
  @Order(3)
  void aKilledWorkerEndsItsRequestsClearlyAndTheClusterRecovers() throws Exception {
    ProcessIdentity before = instance.process("worker-2");
    try (EventStream stream = api.stream(Api.greedy(PROMPT, LONG))) {
      assertThat(stream.next()).isPresent();
      instance.signal("worker-2", "KILL");
      stream.drain();
      assertThat(stream.done()).isFalse();
      assertThat(stream.errorCode()).isEqualTo("worker_lost");
    }
    instance.awaitRecovery("worker-2", before);
    recovered();
  }

  @Test
  @Order(4)
  void aKilledGatewayCostsItsConnectionsAndNothingElse() throws Exception {
    ProcessIdentity before = instance.process("gateway");
    try (EventStream stream = api.stream(Api.greedy(PROMPT, LONG))) {
      assertThat(stream.next()).isPresent();
      instance.signal("gateway", "KILL");
      stream.drain();
      assertThat(stream.done()).isFalse();
    }
    instance.awaitRecovery("gateway", before);
    recovered();
  }

  @Test
  @Order(5)
  void aKilledCoordinatorEndsRequestsClearlyAndTheClusterRecovers() throws Exception {
    ProcessIdentity before = instance.process("coordinator");
    try (EventStream stream = api.stream(Api.greedy(PROMPT, LONG))) {
      assertThat(stream.next()).isPresent();
      instance.signal("coordinator", "KILL");
      stream.drain();
      assertThat(stream.done()).isFalse();
      assertThat(stream.errorCode()).isEqualTo("coordinator_lost");
    }
    instance.awaitRecovery("coordinator", before);
    recovered();
  }

  @Test
  @Order(6)
  void aSlowWorkerIsNotFenced() throws Exception {
    long fenced = fenced();
    ProcessIdentity worker = instance.process("worker-1");
    long start = System.nanoTime();
    answersAsBefore();
    long undisturbedNs = System.nanoTime() - start;
    try (Slowdown slow = Slowdown.of(worker)) {
      start = System.nanoTime();
      answersAsBefore();
      System.out.printf(
          "slow worker: %d ms instead of %d ms%n",
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
          TimeUnit.NANOSECONDS.toMillis(undisturbedNs));
      assertThat(slow.isRunning()).isTrue();
    }
    assertThat(fenced()).isEqualTo(fenced);
    assertThat(instance.process("worker-1")).isEqualTo(worker);
  }

  @Test
  @Order(7)
  void aFrozenWorkerIsFencedWithinTwoSecondsAndComesBack() throws Exception {
    long epoch = epoch();
    ProcessIdentity worker = instance.process("worker-1");
    try (EventStream stream = api.stream(Api.greedy(PROMPT, LONG))) {
      assertThat(stream.next()).isPresent();
      long frozen = System.nanoTime();
      instance.signal("worker-1", "STOP");
      stream.drain();
      Duration took = Duration.ofNanos(System.nanoTime() - frozen);
      System.out.printf("frozen worker: its request ended after %d ms%n", took.toMillis());
      assertThat(stream.errorCode()).isEqualTo("worker_lost");
      assertThat(took).isLessThan(FENCED);
    } finally {
      instance.signal("worker-1", "CONT");
    }
    await().atMost(PATIENCE).until(() -> epoch() > epoch && api.healthy());
    assertThat(instance.process("worker-1")).isEqualTo(worker);
    recovered();
  }

  private void recovered() throws Exception {
    answersAsBefore();
    await()
        .atMost(PATIENCE)
        .until(() -> freePages() == api.status().at("/kv_pages/total").asLong() && running() == 0);
  }

  private void answersAsBefore() throws Exception {
    Api.Answer answer = api.complete(Api.greedy(PROMPT, SHORT));
    assertThat(answer.status()).as("%s", answer.body()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo(expected.path("text").asText());
    assertThat(answer.digest()).isEqualTo(expected.path("logits_digest").asText());
  }

  private long freePages() throws IOException, InterruptedException {
    return api.status().at("/kv_pages/free").asLong();
  }

  private long running() throws IOException, InterruptedException {
    return api.status().at("/requests/running").asLong();
  }

  private long epoch() throws IOException, InterruptedException {
    return api.status().path("epoch").asLong();
  }

  private long fenced() throws IOException, InterruptedException {
    return api.status().at("/counters/workers_fenced").asLong();
  }
}
