package io.carovana.benchmarks.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** Sends streamed completions to a gateway; {@link Answer} is what comes back. */
final class Client implements AutoCloseable {
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ObjectMapper json = new ObjectMapper();
  private final String url;

  Client(String url) {
    this.url = url;
  }

  /** Begins a completion, sampled as an editor would, the same every time. */
  Answer stream(String prompt, int maxTokens, int seed, Answer.Listener listener) {
    ObjectNode body = json.createObjectNode();
    body.put("prompt", prompt);
    body.put("max_tokens", maxTokens);
    body.put("seed", seed);
    body.put("temperature", 0.2);
    body.put("top_p", 0.95);
    body.put("stream", true);
    body.putObject("stream_options").put("include_usage", true);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/v1/completions"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build();
    Answer answer = new Answer(json, listener);
    http.sendAsync(request, answer)
        .whenComplete(
            (reply, failure) -> {
              if (failure != null) {
                answer.onError(failure);
              }
            });
    return answer;
  }

  /** What the operator sees. */
  JsonNode status() throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/admin/v1/status")).build();
    return json.readTree(http.send(request, BodyHandlers.ofString()).body());
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
