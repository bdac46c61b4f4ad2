package io.carovana.gateway.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carovana.gateway.GatewaySettings;
import io.carovana.protocol.NodeSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A real HTTP server on a free port in front of a {@link FakeEngine}, and a plain client. */
final class TestGateway implements AutoCloseable {
  static final long SEED = 4242;
  static final ObjectMapper JSON = new ObjectMapper();

  /** Small enough that tests reach them quickly. */
  static final HttpLimits LIMITS =
      new HttpLimits(
          16 * 1024,
          1_024,
          256 * 1024,
          8 << 20,
          700,
          5_000,
          700,
          60_000,
          64 * 1024,
          1_000,
          150,
          300);

  final FakeEngine engine = new FakeEngine();
  final HttpFront front;
  final HttpClient client = HttpClient.newHttpClient();

  TestGateway() {
    this(LIMITS, List.of(), null);
  }

  TestGateway(HttpLimits limits, List<String> apiKeys, @Nullable String servedModelName) {
    try {
      front = HttpFront.listen(engine, settings(0, apiKeys, servedModelName), limits, () -> SEED);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static GatewaySettings settings(int port, List<String> apiKeys, @Nullable String name) {
    NodeSettings node =
        new NodeSettings(
            "test",
            "127.0.0.1",
            "127.0.0.1",
            0,
            List.of("127.0.0.1:1"),
            new NodeSettings.DataPlane(null, 0, 0),
            Path.of("."),
            false);
    return new GatewaySettings(node, "127.0.0.1", port, apiKeys, name, 256 * 1024, 60_000);
  }

  int port() {
    return front.port();
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
        .timeout(Duration.ofSeconds(20));
  }

  HttpResponse<String> send(HttpRequest request) {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  HttpResponse<String> get(String path) {
    return send(request(path).build());
  }

  HttpResponse<String> post(String path, String body) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build());
  }

  HttpResponse<String> complete(String body) {
    return post("/v1/completions", body);
  }

  HttpResponse<String> chat(String body) {
    return post("/v1/chat/completions", body);
  }

  static JsonNode json(HttpResponse<String> response) {
    return json(response.body());
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    }
  }

  /** The data of a stream's events, without the last, which must be the end mark. */
  static List<JsonNode> events(HttpResponse<String> response) {
    List<JsonNode> events = new ArrayList<>();
    List<String> lines = response.body().lines().filter(line -> line.startsWith("data: ")).toList();
    if (!lines.getLast().equals("data: [DONE]")) {
      throw new AssertionError("no end mark: " + response.body());
    }
    lines.subList(0, lines.size() - 1).forEach(line -> events.add(json(line.substring(6))));
    return events;
  }

  @Override
  public void close() {
    client.close();
    front.close();
  }
}
