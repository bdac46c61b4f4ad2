package io.carovana.gateway.http;

import static io.carovana.gateway.http.TestGateway.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.gateway.engine.EngineState;
import io.carovana.gateway.text.ModelText;
import io.carovana.protocol.Failure;
import io.carovana.protocol.v1.Pace;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RefusalsTest {
  private final TestGateway gateway = new TestGateway();
  private final FakeEngine engine = gateway.engine;

  @AfterEach
  void close() {
    gateway.close();
  }

  @Test
  void unknownRoutesAndMethodsAreAnsweredInTheSameShape() {
    assertError(gateway.get("/nowhere"), 404, "not_found");
    assertError(gateway.get("/generate"), 404, "not_found");
    assertError(gateway.get("/v1/completions"), 405, "method_not_allowed");
    assertError(gateway.post("/v1/models", "{}"), 405, "method_not_allowed");
    assertError(gateway.get("/../../etc/passwd"), 404, "not_found");
    assertError(gateway.get("/v1/models/..%2f..%2fetc%2fpasswd"), 404, "model_not_found");
    assertError(gateway.get("/v1/models/demo%00"), 404, "model_not_found");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "", "json"})
  void otherContentTypesAreRefused(String type) {
    HttpRequest.Builder request =
        gateway.request("/v1/completions").POST(BodyPublishers.ofString("{\"prompt\": \"a\"}"));
    if (!type.isEmpty()) {
      request.header("Content-Type", type);
    }
    assertError(gateway.send(request.build()), 415, "unsupported_content_type");
    assertThat(engine.calls).isEmpty();
  }

  @Test
  void compressedBodiesAreRefused() {
    HttpResponse<String> response =
        gateway.send(
            gateway
                .request("/v1/completions")
                .header("Content-Type", "application/json; charset=utf-8")
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofString("{}"))
                .build());
    assertError(response, 415, "unsupported_content_encoding");
  }

  @Test
  void bodiesOverTheLimitAreRefusedHoweverTheyAreSent() {
    String large = "{\"prompt\": \"" + "x".repeat(TestGateway.LIMITS.bodyBytes()) + "\"}";
    assertError(gateway.complete(large), 413, "body_too_large");
    byte[] bytes = large.getBytes(StandardCharsets.UTF_8);
    HttpResponse<String> chunked =
        gateway.send(
            gateway
                .request("/v1/completions")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes)))
                .build());
    assertError(chunked, 413, "body_too_large");
    assertThat(engine.calls).isEmpty();
  }

  @Test
  void badBodiesNeverReachTheEngine() {
    for (String body :
        new String[] {
          "",
          "{",
          "[1]",
          "{\"prompt\": \"a\", \"temperature\": NaN}",
          "{\"prompt\": \"\\ud800\"}",
          "{\"prompt\": \"a\", \"max_tokens\": 0}",
          "{\"prompt\": \"a\", \"max_tokens\": 2147483648}",
          "[".repeat(100_000),
        }) {
      assertError(gateway.complete(body), 400, "invalid_request");
    }
    assertThat(engine.calls).isEmpty();
  }

  @Test
  void moreChoicesThanTheQueueEverHoldsAreNotWorthARetry() {
    HttpResponse<String> response =
        gateway.complete("{\"prompt\": [\"a\", \"b\", \"c\"], \"n\": 3}");
    assertError(response, 400, "invalid_request");
    assertThat(json(response).at("/error/param").textValue()).isEqualTo("n");
    assertThat(json(response).at("/error/message").textValue()).contains("9").contains("at most 8");
    assertThat(engine.calls).isEmpty();
  }

  @Test
  void aFullQueueSaysWhenToComeAgain() {
    engine.script = call -> call.fail(new Failure.Overloaded("8 requests are waiting", 4));
    HttpResponse<String> response = gateway.complete("{\"prompt\": \"a\"}");
    assertError(response, 429, "overloaded");
    assertThat(response.headers().firstValue("retry-after")).hasValue("4");
  }

  @Test
  void aClusterThatDoesNotServeSaysWhy() {
    engine.state =
        new EngineState(
            FakeEngine.cluster().setServing(false).setReason("waiting for 2 workers").build(),
            0,
            null,
            FakeEngine.TEXT);
    HttpResponse<String> response = gateway.complete("{\"prompt\": \"a\"}");
    assertError(response, 503, "unavailable");
    assertThat(response.headers().firstValue("retry-after")).isPresent();
    assertThat(json(response).get("error").get("message").textValue())
        .isEqualTo("waiting for 2 workers");
    engine.state = EngineState.unknown("no coordinator");
    assertError(gateway.complete("{\"prompt\": \"a\"}"), 503, "unavailable");
    assertError(gateway.get("/v1/models"), 503, "unavailable");
    assertThat(engine.calls).isEmpty();
  }

  @Test
  void everyFailureHasItsStatus() {
    Map<Failure, Integer> statuses =
        Map.of(
            new Failure.WorkerLost("m"), 503,
            new Failure.CoordinatorLost("m"), 503,
            new Failure.DeadlineExceeded("m"), 504,
            new Failure.Cancelled("m"), 499,
            new Failure.NonFinite("m"), 500,
            new Failure.Internal("m"), 500,
            new Failure.InvalidRequest("seed", "m"), 400,
            new Failure.ContextExceeded("prompt", "m"), 400);
    statuses.forEach(
        (failure, status) -> {
          engine.script = call -> call.fail(failure);
          assertError(gateway.complete("{\"prompt\": \"a\"}"), status, failure.code());
        });
  }

  @Test
  void aModelWithoutInfillingSaysSo() throws IOException {
    ModelText small = PlainModel.text();
    engine.state =
        new EngineState(
            FakeEngine.cluster().setVocabSize(small.vocabSize()).build(), 0, null, small);
    HttpResponse<String> response = gateway.complete("{\"prompt\": \"a\", \"suffix\": \"b\"}");
    assertError(response, 400, "invalid_request");
    JsonNode error = json(response).get("error");
    assertThat(error.get("param").textValue()).isEqualTo("suffix");
    assertThat(error.get("message").textValue()).contains("this model has no infilling");
  }

  @Test
  void anAnswerInOnePieceThatWouldTimeOutIsToldToStream() {
    Pace pace = Pace.newBuilder().setTokenUs(10_000_000).setDecodeMs(2_000).build();
    engine.state =
        new EngineState(FakeEngine.cluster().setPace(pace).build(), 0, null, FakeEngine.TEXT);
    engine.answering("x");
    String prompt = "{\"prompt\": [300, 301], \"max_tokens\": ";
    HttpResponse<String> response = gateway.complete(prompt + "21}");
    assertError(response, 400, "would_time_out");
    assertThat(json(response).at("/error/param").textValue()).isEqualTo("stream");
    assertThat(json(response).at("/error/message").textValue())
        .contains("prompt of 2 tokens", "20 s", "max_tokens 21", "42 s", "60 s", "at most 20");
    assertThat(engine.calls).isEmpty();
    assertThat(gateway.complete(prompt + "20}").statusCode()).isEqualTo(200);
    assertThat(gateway.complete(prompt + "21, \"stream\": true}").statusCode()).isEqualTo(200);
    assertThat(gateway.chat("{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}").body())
        .contains("would_time_out");
    assertThat(gateway.get("/metrics").body())
        .contains("carovana_requests_total{api=\"completions\",outcome=\"would_time_out\"} 1.0");
  }

  @Test
  void theGatewayEndsWhatRunsPastItsLimit() {
    HttpLimits limits = shortRequests();
    try (TestGateway impatient = new TestGateway(limits, java.util.List.of(), null)) {
      assertError(impatient.complete("{\"prompt\": \"a\"}"), 504, "deadline_exceeded");
      assertThat(impatient.engine.calls.element().cancelReasons()).hasSize(1);
      assertThat(impatient.engine.calls.element().request.limitMs()).isEqualTo(50);
    }
  }

  @Test
  void hugeHeadsAreRefused() throws IOException {
    try (Socket socket = connect()) {
      write(socket, "GET /health HTTP/1.1\r\nHost: a\r\nX-Big: " + "x".repeat(17_000) + "\r\n\r\n");
      assertThat(readAll(socket)).contains(" 431 ").contains("\"error\"");
    }
    try (Socket socket = connect()) {
      write(socket, "GET /" + "x".repeat(9_000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(readAll(socket)).contains(" 414 ").contains("\"error\"");
    }
  }

  @Test
  void conflictingLengthsAreRefused() throws IOException {
    try (Socket socket = connect()) {
      write(
          socket,
          "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
              + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}");
      assertThat(readAll(socket)).startsWith("HTTP/1.1 400").contains("\"error\"");
    }
  }

  @Test
  void slowHeadsAndBodiesAreCutOff() throws IOException {
    try (Socket head = connect();
        Socket body = connect()) {
      write(head, "GET /health HTTP/1.1\r\nHos");
      write(
          body,
          "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
              + "Content-Length: 500\r\n\r\n{\"prompt\"");
      assertThat(readAll(head)).isEmpty();
      assertThat(readAll(body)).startsWith("HTTP/1.1 408").contains("body_too_slow");
    }
    assertThat(engine.calls).isEmpty();
  }

  @Test
  void idleConnectionsAreClosed() throws IOException {
    try (Socket silent = connect()) {
      assertThat(readAll(silent)).isEmpty();
    }
  }

  @Test
  void aBodyThatNeverEndsHoldsNoMemoryAfterItsTime() throws IOException {
    try (Socket socket = connect()) {
      write(
          socket,
          "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
              + "Content-Length: 100000\r\n\r\n"
              + "x".repeat(50_000));
      await().until(() -> bufferedBodyBytes() >= 50_000);
      await().until(() -> bufferedBodyBytes() == 0);
      assertThat(socket.isConnected()).isTrue();
    }
  }

  private double bufferedBodyBytes() {
    return gateway
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("carovana_http_buffered_body_bytes "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
        .findFirst()
        .orElseThrow();
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket("127.0.0.1", gateway.port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String readAll(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static HttpLimits shortRequests() {
    HttpLimits l = TestGateway.LIMITS;
    return new HttpLimits(
        l.headerBytes(),
        l.connections(),
        l.bodyBytes(),
        l.bufferedBodyBytes(),
        l.headMs(),
        l.idleMs(),
        l.bodyMs(),
        50,
        l.unsentBytes(),
        l.stallMs(),
        l.keepAliveMs(),
        l.commitMs());
  }

  static void assertError(HttpResponse<String> response, int status, String code) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(response.headers().firstValue("x-request-id")).isPresent();
    JsonNode error = json(response).get("error");
    assertThat(error.get("code").textValue()).isEqualTo(code);
    assertThat(error.get("message").textValue()).isNotEmpty();
    assertThat(error.get("type").textValue()).isNotEmpty();
    assertThat(error.has("param")).isTrue();
  }
}
