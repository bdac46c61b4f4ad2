package io.carovana.gateway.http;

import static io.carovana.gateway.http.RefusalsTest.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ApiKeysTest {
  private final TestGateway gateway =
      new TestGateway(TestGateway.LIMITS, List.of("first-key", "sécond", "third-key"), null);

  @AfterEach
  void close() {
    gateway.close();
  }

  @ParameterizedTest
  @CsvSource({
    "POST,/v1/completions",
    "POST,/v1/chat/completions",
    "GET,/v1/models",
    "GET,/v1/models/demo",
    "GET,/metrics",
    "GET,/admin/v1/status",
    "GET,/admin/v1/placement",
    "GET,/nowhere",
  })
  void everyRouteButHealthNeedsAKey(String method, String path) {
    assertError(call(method, path, ""), 401, "missing_api_key");
    assertError(call(method, path, "Basic first-key"), 401, "missing_api_key");
    assertError(call(method, path, "Bearer wrong"), 401, "invalid_api_key");
    assertError(call(method, path, "Bearer "), 401, "missing_api_key");
    assertError(call(method, path, "Bearer first-ke"), 401, "invalid_api_key");
    assertThat(call(method, path, "Bearer first-key").statusCode()).isNotEqualTo(401);
    assertThat(gateway.engine.calls).isEmpty();
  }

  @Test
  void healthNeedsNone() {
    assertThat(gateway.get("/health").statusCode()).isEqualTo(200);
    assertThat(gateway.get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void anyOfTheKeysIsAccepted() {
    assertThat(call("GET", "/v1/models", "bearer first-key").statusCode()).isEqualTo(200);
    assertThat(call("GET", "/v1/models", "Bearer first-key").statusCode()).isEqualTo(200);
  }

  @Test
  void clientsAreTheirKeysAndNothingElseMakesAnother() {
    gateway.engine.answering("x");
    complete("first-key", "{\"prompt\": \"a\", \"user\": \"me\"}");
    complete("first-key", "{\"prompt\": \"a\", \"user\": \"you\"}");
    complete("third-key", "{\"prompt\": \"a\"}");
    List<String> clients =
        gateway.engine.calls.stream().map(call -> call.request.client()).toList();
    assertThat(clients.get(0)).matches("key-[0-9a-f]{8}").isEqualTo(clients.get(1));
    assertThat(clients.get(2)).matches("key-[0-9a-f]{8}").isNotEqualTo(clients.get(0));
  }

  private void complete(String key, String body) {
    HttpResponse<String> response =
        gateway.send(
            gateway
                .request("/v1/completions")
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .header("X-Forwarded-For", "10.1.1." + gateway.engine.calls.size())
                .POST(BodyPublishers.ofString(body))
                .build());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
  }

  private HttpResponse<String> call(String method, String path, String authorization) {
    HttpRequest.Builder request =
        gateway.request(path).method(method, BodyPublishers.ofString("{}"));
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    return gateway.send(request.header("Content-Type", "application/json").build());
  }
}
