package io.carovana.gateway.http;

import static io.carovana.gateway.http.TestGateway.events;
import static io.carovana.gateway.http.TestGateway.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CompletionsTest {
  private final TestGateway gateway = new TestGateway();

  @AfterEach
  void close() {
    gateway.close();
  }

  @Test
  void answersAPromptOfText() {
    gateway.engine.answering("    return a + b\n");
    HttpResponse<String> response = gateway.complete("{\"prompt\": \"def add(a, b):\\n\"}");
    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode root = json(response);
    assertThat(root.get("object").textValue()).isEqualTo("text_completion");
    assertThat(root.get("id").textValue()).startsWith("cmpl-");
    assertThat(root.get("model").textValue()).isEqualTo("demo");
    assertThat(root.get("system_fingerprint").textValue())
        .isEqualTo("0011223344556677-n1-file-f32");
    JsonNode choice = root.get("choices").get(0);
    assertThat(choice.get("text").textValue()).isEqualTo("    return a + b\n");
    assertThat(choice.get("finish_reason").textValue()).isEqualTo("stop");
    assertThat(choice.get("logprobs").isNull()).isTrue();
    assertThat(response.headers().firstValue("x-request-id")).isPresent();
  }

  @Test
  void streamsTokenByToken() {
    gateway.engine.answering("x = 1\n");
    HttpResponse<String> response =
        gateway.complete("{\"prompt\": \"# one\\n\", \"stream\": true}");
    assertThat(response.statusCode()).isEqualTo(200);
    List<JsonNode> events = events(response);
    String text = "";
    for (JsonNode event : events) {
      text += event.get("choices").get(0).get("text").textValue();
    }
    assertThat(text).isEqualTo("x = 1\n");
  }
}
