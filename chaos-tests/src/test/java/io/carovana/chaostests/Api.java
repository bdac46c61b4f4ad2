package io.carovana.chaostests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A client of one gateway, as anybody would write it. */
final class Api {
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final int OK = 200;

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .proxy(ProxySelector.of(null))
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final String url;

  Api(String url) {
    this.url = url;
  }

  /** A greedy completion of {@code prompt}, with the digest of its logits. */
  static ObjectNode greedy(String prompt, int maxTokens) {
    return Distribution.JSON
        .createObjectNode()
        .put("prompt", prompt)
        .put("max_tokens", maxTokens)
        .put("temperature", 0)
        .put("return_logits_digest", true);
  }

  /** An answer. */
  record Answer(int status, JsonNode body) {
    String text() {
      return body.at("/choices/0/text").asText();
    }

    String digest() {
      return body.at("/choices/0/logits_digest").asText();
    }

    String errorCode() {
      return body.at("/error/code").asText();
    }
  }

  Answer complete(ObjectNode request) throws IOException, InterruptedException {
    HttpResponse<String> response = client.send(post(request), BodyHandlers.ofString());
    return new Answer(response.statusCode(), Distribution.JSON.readTree(response.body()));
  }

  CompletableFuture<Answer> completeLater(ObjectNode request) {
    return client
        .sendAsync(post(request), BodyHandlers.ofString())
        .thenApply(
            response -> {
              try {
                return new Answer(
                    response.statusCode(), Distribution.JSON.readTree(response.body()));
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
  }

  /** Begins a stream; the caller reads and closes it. */
  EventStream stream(ObjectNode request) throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        client.send(post(request.deepCopy().put("stream", true)), BodyHandlers.ofInputStream());
    return new EventStream(response.statusCode(), response.body());
  }

  private HttpRequest post(ObjectNode request) {
    return HttpRequest.newBuilder(URI.create(url + "/v1/completions"))
        .timeout(PATIENCE)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(request.toString()))
        .build();
  }

  JsonNode status() throws IOException, InterruptedException {
    return Distribution.JSON.readTree(get("/admin/v1/status").body());
  }

  /** Whether requests are answered now. */
  boolean healthy() {
    try {
      return get("/health").statusCode() == OK;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Names of the nodes in {@code state}. */
  List<String> nodes(String state) throws IOException, InterruptedException {
    List<String> names = new java.util.ArrayList<>();
    for (JsonNode node : status().path("nodes")) {
      if (node.path("state").asText().equals(state)) {
        names.add(node.path("node").asText());
      }
    }
    return names;
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(10)).build();
    return client.send(request, BodyHandlers.ofString());
  }
}
