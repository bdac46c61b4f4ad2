package io.carovana.chaostests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.carovana.cli.instance.ProcessIdentity;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Roles started one by one, as on several machines: each its own media driver, UDP on loopback. */
class RolesIT {
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final long STOP_S = 15;
  private static final String PROMPT = "import os\n\ndef walk(";

  @TempDir Path home;
  private final Map<String, Process> processes = new LinkedHashMap<>();
  private String seed = "";
  private int httpPort;

  @AfterEach
  void stopAll() throws InterruptedException {
    processes.values().forEach(Process::destroy);
    for (Process process : processes.values()) {
      if (!process.waitFor(STOP_S, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }

  @Test
  void theFirstPlacementWaitsLateJoinersAreReserveAndTakeOver() throws Exception {
    int control = Distribution.freePort();
    seed = "127.0.0.1:" + control;
    httpPort = Distribution.freePort();
    start("coordinator", "c1", control, "--min-workers", "2", "--context", "1024");
    start("gateway", "g1", Distribution.freePort(), "--port", "" + httpPort);
    startWorker("w1");
    Api api = new Api("http://127.0.0.1:" + httpPort);
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> api.status().toString().contains("\"w1\""));
    assertThat(api.healthy()).isFalse();
    assertThat(api.complete(Api.greedy(PROMPT, 4)).status()).isEqualTo(503);

    startWorker("w2");
    await().atMost(PATIENCE).until(api::healthy);
    assertThat(api.status().path("nodes").toString()).contains("aeron:udp");
    Api.Answer answer = api.complete(Api.greedy(PROMPT, 24));
    assertThat(answer.status()).isEqualTo(200);

    startWorker("w3");
    await().atMost(PATIENCE).until(() -> api.nodes("reserve").equals(List.of("w3")));
    long epoch = api.status().path("epoch").asLong();
    ProcessIdentity lost =
        ProcessIdentity.of(Objects.requireNonNull(processes.get("w2")).pid()).orElseThrow();
    Instance.signal(lost, "KILL");
    await()
        .atMost(PATIENCE)
        .until(() -> api.status().path("epoch").asLong() > epoch && api.healthy());
    Api.Answer again = api.complete(Api.greedy(PROMPT, 24));
    assertThat(again.text()).isEqualTo(answer.text());
    assertThat(again.digest()).isEqualTo(answer.digest()).isNotEmpty();
    assertThat(api.nodes("reserve")).isEmpty();
  }

  @Test
  void aLateWorkerWithAnotherModelOrATakenNameIsRefused() throws Exception {
    int control = Distribution.freePort();
    seed = "127.0.0.1:" + control;
    httpPort = Distribution.freePort();
    start("coordinator", "c1", control, "--min-workers", "1", "--context", "1024");
    start("gateway", "g1", Distribution.freePort(), "--port", "" + httpPort);
    startWorker("w1");
    Api api = new Api("http://127.0.0.1:" + httpPort);
    await().atMost(PATIENCE).ignoreExceptions().until(api::healthy);
    long epoch = api.status().path("epoch").asLong();

    Path other = home.resolve("other-model");
    copy(Path.of(System.getProperty("carovana.root"), "model", "demo-model"), other);
    flipAWeight(other.resolve("model.safetensors"));
    assertRefused(startWorker("w2", "--model", other.toString()), 6);
    assertThat(Files.readString(home.resolve("w2.err")))
        .contains(other + " is another model", "copy ");

    Process first = Objects.requireNonNull(processes.remove("w1"));
    Process second = startWorker("w1");
    processes.put("first w1", first);
    assertRefused(second, 4);
    assertThat(Files.readString(home.resolve("w1.err")))
        .contains("the name w1 is in use by a worker at 127.0.0.1:", "choose another --node");

    assertThat(first.isAlive()).isTrue();
    assertThat(api.healthy()).isTrue();
    assertThat(api.status().path("epoch").asLong()).isEqualTo(epoch);
  }

  @Test
  void aWorkerThatWakesInALaterEpochDisturbsNobody() throws Exception {
    int control = Distribution.freePort();
    seed = "127.0.0.1:" + control;
    httpPort = Distribution.freePort();
    start("coordinator", "c1", control, "--min-workers", "2", "--context", "1024");
    start("gateway", "g1", Distribution.freePort(), "--port", "" + httpPort);
    startWorker("w1");
    startWorker("w2");
    Api api = new Api("http://127.0.0.1:" + httpPort);
    await().atMost(PATIENCE).ignoreExceptions().until(api::healthy);
    Api.Answer expected = api.complete(Api.greedy(PROMPT, 200));
    startWorker("w3");
    await().atMost(PATIENCE).until(() -> api.nodes("reserve").equals(List.of("w3")));
    long first = api.status().path("epoch").asLong();

    ProcessIdentity frozen =
        ProcessIdentity.of(Objects.requireNonNull(processes.get("w2")).pid()).orElseThrow();
    try (EventStream running = api.stream(Api.greedy(PROMPT, 400))) {
      assertThat(running.next()).isPresent();
      Instance.signal(frozen, "STOP");
      running.drain();
      assertThat(running.errorCode()).isEqualTo("worker_lost");
    }
    await()
        .atMost(PATIENCE)
        .until(() -> api.status().path("epoch").asLong() > first && api.healthy());
    long second = api.status().path("epoch").asLong();
    // It wakes in the middle of a step of the first epoch, while the second one computes.
    try (EventStream running = api.stream(Api.greedy(PROMPT, 400))) {
      assertThat(running.next()).isPresent();
      Instance.signal(frozen, "CONT");
      assertThat(api.complete(Api.greedy(PROMPT, 200)).digest()).isEqualTo(expected.digest());
      running.drain();
      assertThat(running.errorCode()).isEmpty();
    }
    assertThat(api.status().path("epoch").asLong()).isEqualTo(second);
    System.out.printf(
        "a worker of epoch %d woke in epoch %d: %d frames dropped%n",
        first, second, api.status().at("/counters/frames_dropped_epoch").asLong());
  }

  private static void assertRefused(Process worker, int status) throws InterruptedException {
    assertThat(worker.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(worker.exitValue()).isEqualTo(status);
  }

  private Process startWorker(String node, String... options) throws IOException {
    List<String> all =
        new ArrayList<>(List.of("--data-port", "" + Distribution.freePort(), "--memory", "128m"));
    all.addAll(List.of("--threads", "1"));
    all.addAll(List.of(options));
    return start("worker", node, Distribution.freePort(), all.toArray(String[]::new));
  }

  private Process start(String role, String node, int controlPort, String... options)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(role, "--node", node, "--control-port", "" + controlPort, "--seeds", seed));
    if (role.equals("coordinator")) {
      arguments.addAll(List.of("--data-port", "" + Distribution.freePort()));
    }
    arguments.addAll(List.of(options));
    Process process =
        Distribution.command(home, arguments)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(home.resolve(node + ".out").toFile())
            .redirectError(home.resolve(node + ".err").toFile())
            .start();
    processes.put(node, process);
    return process;
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.model")) {
      Files.copy(from.resolve(file), to.resolve(file));
    }
  }

  /** Changes one bit of the last tensor. */
  private static void flipAWeight(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 2] ^= 1;
    Files.write(file, bytes);
  }
}
