package io.carovana.gateway.http;

import static io.carovana.gateway.http.TestGateway.events;
import static io.carovana.gateway.http.TestGateway.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.gateway.engine.EngineRequest;
import io.carovana.model.tokenizer.Tokenizer;
import io.carovana.protocol.Failure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class StreamingTest {
  private static final String STREAM = "{\"prompt\": \"a\", \"stream\": true}";
  private static final Tokenizer TOKENIZER = FakeEngine.TEXT.tokenizer();

  private final TestGateway gateway = new TestGateway();
  private final FakeEngine engine = gateway.engine;

  @AfterEach
  void close() {
    gateway.close();
  }

  @Test
  void sendsExactlyOneEventPerTokenThenTheEnd() {
    engine.answering("x = 1");
    HttpResponse<String> response = gateway.complete(STREAM);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).hasValue("text/event-stream");
    assertThat(response.headers().firstValue("x-accel-buffering")).hasValue("no");
    assertThat(response.headers().firstValue("cache-control")).hasValue("no-cache");
    String head =
        "data: {\"id\":\"ID\",\"object\":\"text_completion\",\"created\":0,\"model\":\"demo\","
            + "\"system_fingerprint\":\"0011223344556677-n1-file-f32\",\"choices\":[{\"index\":0,";
    StringBuilder expected = new StringBuilder();
    for (int id : TOKENIZER.encodeUserContinuation("x = 1")) {
      String text = new String(TOKENIZER.bytesOf(id), StandardCharsets.UTF_8);
      expected.append(head).append("\"text\":\"").append(text);
      expected.append("\",\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    }
    expected.append(head).append("\"text\":\"\",\"logprobs\":null,\"finish_reason\":\"stop\"}]}");
    expected.append("\n\ndata: [DONE]\n\n");
    String body =
        response
            .body()
            .replaceAll("cmpl-[0-9a-f]+", "ID")
            .replaceAll("\"created\":\\d+", "\"created\":0");
    assertThat(body).isEqualTo(expected.toString());
  }

  @Test
  void holdsBackStopsAndIncompleteCharacters() {
    engine.script =
        call -> {
          call.say("a 🦙\nde");
          call.say("pth\ndef");
        };
    List<JsonNode> events =
        events(gateway.complete("{\"prompt\": \"a\", \"stream\": true, \"stop\": [\"\\ndef\"]}"));
    StringBuilder text = new StringBuilder();
    for (JsonNode event : events) {
      text.append(event.get("choices").get(0).get("text").textValue());
      assertThat(text.toString()).doesNotContain("\ufffd");
    }
    assertThat(text.toString()).isEqualTo("a 🦙\ndepth");
    assertThat(events.getLast().get("choices").get(0).get("finish_reason").textValue())
        .isEqualTo("stop");
  }

  @Test
  void tokensArriveWhileGenerationGoesOn() throws IOException {
    try (Raw client = new Raw(STREAM)) {
      FakeEngine.Call call = call();
      call.say("one");
      assertThat(client.nextData()).contains("\"text\":\"");
      call.say(" two");
      assertThat(client.nextData()).contains("\"finish_reason\":null");
      call.stop();
      String line = client.nextData();
      while (!line.equals("[DONE]")) {
        line = client.nextData();
      }
    }
  }

  @Test
  void aClientThatGoesCancelsAtOnce() throws IOException {
    try (Raw client = new Raw(STREAM)) {
      call().say("one");
      client.nextData();
    }
    await().until(() -> call().cancelReasons().equals(List.of("client gone")));
  }

  @Test
  void aClientThatGoesWhileWaitingForAWholeAnswerCancelsToo() throws IOException {
    try (Raw client = new Raw("{\"prompt\": \"a\", \"n\": 2}")) {
      await().until(() -> engine.calls.size() == 2);
      assertThat(client).isNotNull();
    }
    await().until(() -> engine.calls.stream().allMatch(call -> call.cancelReasons().size() == 1));
  }

  @Test
  void aLongPrefillIsFilledWithComments() throws IOException {
    try (Raw client = new Raw(STREAM)) {
      call().read(34_816, 100_000, 4_096, 12_300);
      assertThat(client.next(": "))
          .isEqualTo("progress 34816/100000 (34 %), 4096 from cache, about 12 s left");
      call().read(34_817, 100_000, 4_096, 12_200);
      assertThat(client.next(": ")).isEqualTo("keep-alive");
      call().say("x");
      assertThat(client.nextData()).contains("\"text\":\"x\"");
    }
  }

  @Test
  void aStreamIsNotCutOffWhileItsPromptIsRead() throws IOException {
    try (TestGateway hasty = new TestGateway(requestMs(1_000), List.of(), null);
        Raw client = new Raw(hasty.port(), STREAM)) {
      FakeEngine.Call call = await().until(() -> hasty.engine.calls.peek(), c -> c != null);
      assertThat(call.request.limitMs()).isEqualTo(EngineRequest.NO_LIMIT);
      long start = System.nanoTime();
      AtomicInteger done = new AtomicInteger();
      await()
          .until(
              () -> {
                call.read(done.incrementAndGet(), 100_000, 0, 0);
                return System.nanoTime() - start > 1_500_000_000L;
              });
      assertThat(call.cancelReasons()).isEmpty();
      call.say("x");
      assertThat(client.nextData()).contains("\"text\":\"x\"");
      JsonNode error = json(client.nextData());
      assertThat(error.at("/error/code").textValue()).isEqualTo("deadline_exceeded");
      assertThat(call.cancelReasons()).hasSize(1);
    }
  }

  @Test
  void theStatusLineWaitsOnlySoLong() throws IOException {
    try (Raw client = new Raw(STREAM)) {
      assertThat(client.next("HTTP/1.1 ")).startsWith("200");
      call().fail(new Failure.WorkerLost("node-2 is gone"));
      JsonNode error = json(client.nextData());
      assertThat(error.get("error").get("code").textValue()).isEqualTo("worker_lost");
      assertThat(error.get("error").get("message").textValue()).isEqualTo("node-2 is gone");
      assertThat(client.rest()).doesNotContain("[DONE]");
    }
  }

  @Test
  void aFailureBeforeTheFirstTokenIsAStatus() {
    engine.script = call -> call.fail(new Failure.Overloaded("the queue is full", 3));
    HttpResponse<String> response = gateway.complete(STREAM);
    assertThat(response.statusCode()).isEqualTo(429);
    assertThat(response.headers().firstValue("retry-after")).hasValue("3");
  }

  @Test
  void aFailureInTheStreamIsAnEventAndTheEnd() {
    engine.script =
        call -> {
          call.say("x");
          call.fail(new Failure.CoordinatorLost("it vanished"));
          call.say("y");
        };
    HttpResponse<String> response = gateway.complete(STREAM);
    assertThat(response.statusCode()).isEqualTo(200);
    List<String> data = response.body().lines().filter(line -> line.startsWith("data: ")).toList();
    assertThat(data).hasSize(2);
    assertThat(json(data.getLast().substring(6)).get("error").get("code").textValue())
        .isEqualTo("coordinator_lost");
  }

  @Test
  void oneFailingChoiceEndsAll() {
    engine.script =
        call -> {
          if (call.request.sampling().getChoice() == 1) {
            call.fail(new Failure.WorkerLost("gone"));
          }
        };
    HttpResponse<String> response = gateway.complete("{\"prompt\": \"a\", \"n\": 3}");
    assertThat(response.statusCode()).isEqualTo(503);
    await()
        .until(
            () ->
                engine.calls.stream()
                    .filter(call -> call.request.sampling().getChoice() != 1)
                    .allMatch(call -> call.cancelReasons().size() == 1));
  }

  @Test
  void interleavesChoicesAndCountsUsageOnce() {
    List<FakeEngine.Call> calls = new ArrayList<>();
    engine.script =
        call -> {
          calls.add(call);
          if (calls.size() == 2) {
            calls.get(1).say("b");
            calls.get(0).say("a");
            calls.get(1).stop();
            calls.get(0).reachLength();
          }
        };
    List<JsonNode> events =
        events(
            gateway.complete(
                "{\"prompt\": \"p\", \"n\": 2, \"stream\": true,"
                    + " \"stream_options\": {\"include_usage\": true}}"));
    assertThat(
            events.stream()
                .filter(event -> !event.get("choices").isEmpty())
                .map(event -> event.get("choices").get(0).get("index").intValue()))
        .containsExactly(1, 0, 1, 0);
    JsonNode usage = events.getLast().get("usage");
    assertThat(usage.get("completion_tokens").intValue()).isEqualTo(2);
    assertThat(usage.at("/prompt_tokens_details/cached_tokens").isInt()).isTrue();
  }

  @Test
  void progressOfSeveralPromptsIsToldTogether() throws IOException {
    try (Raw client = new Raw("{\"prompt\": [\"a\", \"b\"], \"n\": 2, \"stream\": true}")) {
      List<FakeEngine.Call> calls =
          await().until(() -> List.copyOf(engine.calls), all -> all.size() == 4);
      int length = calls.getFirst().request.prompt().length;
      calls.get(1).read(1, length, 0, 5_000);
      assertThat(client.next(": "))
          .isEqualTo("progress 1/%d (%d %%)".formatted(2 * length, 100 / (2 * length)));
    }
  }

  @Test
  void aReaderThatTakesNothingIsCutOff() throws IOException {
    try (Raw client = new Raw(STREAM)) {
      FakeEngine.Call call = call();
      String lot = "a lot of text that nobody reads ".repeat(500);
      await()
          .until(
              () -> {
                call.say(lot);
                return call.cancelReasons().contains("client gone");
              });
      assertThat(client).isNotNull();
    }
    engine.answering("x");
    assertThat(gateway.complete("{\"prompt\": \"a\"}").statusCode()).isEqualTo(200);
  }

  @Test
  void aConnectionThatHasStreamedIsClosedOnceItIsIdle() throws IOException {
    try (TestGateway hasty = new TestGateway(idleMs(300), List.of(), null);
        Raw client = new Raw(hasty.port(), STREAM)) {
      await().until(() -> !hasty.engine.calls.isEmpty());
      hasty.engine.calls.element().stop();
      assertThat(client.nextData()).contains("finish_reason");
      assertThat(client.nextData()).isEqualTo("[DONE]");
      assertThat(client.rest().strip()).isEmpty();
      assertThat(client.atEnd()).isTrue();
    }
  }

  private static HttpLimits idleMs(long idleMs) {
    return limits(idleMs, TestGateway.LIMITS.requestMs());
  }

  private static HttpLimits requestMs(long requestMs) {
    return limits(TestGateway.LIMITS.idleMs(), requestMs);
  }

  private static HttpLimits limits(long idleMs, long requestMs) {
    HttpLimits l = TestGateway.LIMITS;
    return new HttpLimits(
        l.headerBytes(),
        l.connections(),
        l.bodyBytes(),
        l.bufferedBodyBytes(),
        l.headMs(),
        idleMs,
        l.bodyMs(),
        requestMs,
        l.unsentBytes(),
        l.stallMs(),
        l.keepAliveMs(),
        l.commitMs());
  }

  private FakeEngine.Call call() {
    return await().until(() -> engine.calls.peek(), call -> call != null);
  }

  /** A client on a bare socket. */
  private final class Raw implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader reader;

    Raw(String body) throws IOException {
      this(gateway.port(), body);
    }

    Raw(int port, String body) throws IOException {
      socket = new Socket();
      socket.setReceiveBufferSize(4096);
      socket.connect(new java.net.InetSocketAddress("127.0.0.1", port));
      socket.setSoTimeout(20_000);
      reader =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      String request =
          "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + "Content-Length: "
              + body.length()
              + "\r\n\r\n"
              + body;
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }

    String nextData() throws IOException {
      return next("data: ");
    }

    String next(String prefix) throws IOException {
      String line = reader.readLine();
      while (line != null && !line.startsWith(prefix)) {
        line = reader.readLine();
      }
      assertThat(line).as("a line that starts with %s", prefix).isNotNull();
      return line.substring(prefix.length());
    }

    /** Reads the end of the last chunk; whether the connection was closed after it. */
    boolean atEnd() throws IOException {
      String line = reader.readLine();
      while (line != null && line.isEmpty()) {
        line = reader.readLine();
      }
      return line == null;
    }

    /** What remains until the end of the answer. */
    String rest() throws IOException {
      StringBuilder rest = new StringBuilder();
      String line = reader.readLine();
      while (line != null && !line.equals("0")) {
        rest.append(line).append('\n');
        line = reader.readLine();
      }
      return rest.toString();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
