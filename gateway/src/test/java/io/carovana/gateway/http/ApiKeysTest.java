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
      new TestGateway(TestGateway.LIMITS, List.of("first-key", "sécond"), null);

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

  private HttpResponse<String> call(String method, String path, String authorization) {
    HttpRequest.Builder request =
        gateway.request(path).method(method, BodyPublishers.ofString("{}"));
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    return gateway.send(request.header("Content-Type", "application/json").build());
  }
}
