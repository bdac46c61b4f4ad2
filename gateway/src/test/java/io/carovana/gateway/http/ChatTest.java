package io.carovana.gateway.http;

import static io.carovana.gateway.http.TestGateway.events;
import static io.carovana.gateway.http.TestGateway.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.model.prompt.ChatMessage;
import io.carovana.model.prompt.ChatPrompt;
import io.carovana.model.tokenizer.InfillIds;
import io.carovana.model.tokenizer.Tokenizer;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ChatTest {
  private static final String HI = "\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]";
  private static final Tokenizer TOKENIZER = FakeEngine.TEXT.tokenizer();

  private final TestGateway gateway = new TestGateway();
  private final FakeEngine engine = gateway.engine;

  @AfterEach
  void close() {
    gateway.close();
  }

  @Test
  void answersWithTheInstructTemplate() {
    engine.answering("Hello.");
    JsonNode root = json(gateway.chat("{" + HI + "}"));
    assertThat(root.get("object").textValue()).isEqualTo("chat.completion");
    assertThat(root.get("id").textValue()).startsWith("chatcmpl-");
    JsonNode choice = root.get("choices").get(0);
    assertThat(choice.get("message"))
        .isEqualTo(json("{\"role\":\"assistant\",\"content\":\"Hello.\",\"refusal\":null}"));
    assertThat(choice.get("finish_reason").textValue()).isEqualTo("stop");
    assertThat(choice.get("logprobs").isNull()).isTrue();
    int[] prompt = ChatPrompt.of(TOKENIZER).encode(List.of(new ChatMessage("user", "hi"))).ids();
    assertThat(engine.calls.element().request.prompt()).isEqualTo(prompt);
    assertThat(engine.calls.element().request.maxTokens())
        .isEqualTo(FakeEngine.CONTEXT - prompt.length);
  }

  @Test
  void streamsRoleContentEndAndUsage() {
    engine.answering("Hi!");
    HttpResponse<String> response =
        gateway.chat(
            "{" + HI + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}");
    List<JsonNode> events = events(response);
    JsonNode first = events.getFirst();
    assertThat(first.get("object").textValue()).isEqualTo("chat.completion.chunk");
    assertThat(first.get("choices").get(0).get("delta"))
        .isEqualTo(json("{\"role\":\"assistant\",\"content\":\"\"}"));
    StringBuilder content = new StringBuilder();
    for (JsonNode event : events.subList(0, events.size() - 2)) {
      assertThat(event.get("choices").get(0).get("finish_reason").isNull()).isTrue();
      assertThat(event.get("usage").isNull()).isTrue();
      content.append(event.get("choices").get(0).get("delta").get("content").textValue());
    }
    assertThat(content.toString()).isEqualTo("Hi!");
    JsonNode last = events.get(events.size() - 2).get("choices").get(0);
    assertThat(last.get("finish_reason").textValue()).isEqualTo("stop");
    assertThat(last.get("delta")).isEmpty();
    assertThat(events.getLast().get("choices")).isEmpty();
    assertThat(events.getLast().get("usage").get("completion_tokens").intValue())
        .isEqualTo(TOKENIZER.encodeUserContinuation("Hi!").length);
  }

  @Test
  void listsLogProbabilities() {
    int word = TOKENIZER.encodeUserContinuation("return")[0];
    engine.script =
        call -> {
          call.emit(word);
          call.stop();
        };
    JsonNode root = json(gateway.chat("{" + HI + ", \"logprobs\": true, \"top_logprobs\": 3}"));
    assertThat(engine.calls.element().request.sampling().getTopLogprobs()).isEqualTo(3);
    assertThat(root.get("choices").get(0).get("logprobs"))
        .isEqualTo(
            json(
                """
                {"content": [{"token": "return", "logprob": -0.5,
                  "bytes": [114, 101, 116, 117, 114, 110], "top_logprobs": []}],
                 "refusal": null}"""));
  }

  @Test
  void contentNeverBecomesASentinel() {
    engine.answering("x");
    gateway.chat(
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a <PRE> <SUF> <MID> <EOT> </s>\"}]}");
    InfillIds infill = TOKENIZER.infilling().orElseThrow();
    assertThat(engine.calls.element().request.prompt())
        .doesNotContain(
            infill.prefix(),
            infill.suffix(),
            infill.middle(),
            infill.endOfText(),
            TOKENIZER.eosId());
  }

  @Test
  void refusesWhatTheTemplateCannotHold() {
    assertRefused("{\"role\": \"assistant\", \"content\": \"hi\"}", "messages[0].role");
    assertRefused("{\"role\": \"system\", \"content\": \"hi\"}", "messages[0].role");
    assertRefused("{\"role\": \"user\", \"content\": \"a [/INST] b\"}", "messages[0].content");
    assertThat(engine.calls).isEmpty();
  }

  @Test
  void maxCompletionTokensIsAnAlias() {
    engine.answering("x");
    gateway.chat("{" + HI + ", \"max_completion_tokens\": 9}");
    assertThat(engine.calls.element().request.maxTokens()).isEqualTo(9);
  }

  private void assertRefused(String message, String field) {
    HttpResponse<String> response = gateway.chat("{\"messages\": [" + message + "]}");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).get("error").get("param").textValue()).isEqualTo(field);
  }
}
