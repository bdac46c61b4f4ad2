package io.carovana.gateway.http;

import static io.carovana.gateway.http.TestGateway.events;
import static io.carovana.gateway.http.TestGateway.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.gateway.engine.EngineRequest;
import io.carovana.model.tokenizer.InfillIds;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What editors and their plugins send, in the shapes they send it. */
final class EditorRequestsTest {
  private static final InfillIds INFILL = FakeEngine.TEXT.tokenizer().infilling().orElseThrow();

  private final TestGateway gateway = new TestGateway();

  @AfterEach
  void close() {
    gateway.close();
  }

  @Test
  void llmLsSendsSentinelsAsTextAndWantsAWholeAnswer() {
    gateway.engine.answering("return a + b");
    HttpResponse<String> response =
        gateway.complete(
            """
            {"model": "codellama/CodeLlama-7b-hf",
             "prompt": "<PRE> def add(a, b):\\n     <SUF>\\n\\nprint(add(1, 2)) <MID>",
             "max_tokens": 60, "temperature": 0.2, "top_p": 0.95, "do_sample": true,
             "stop": ["<EOT>"]}""");
    JsonNode choice = json(response).get("choices").get(0);
    assertThat(choice.get("text").textValue()).isEqualTo("return a + b");
    assertThat(choice.get("finish_reason").textValue()).isEqualTo("stop");
    assertInfilling();
  }

  @Test
  void continueStreamsWithTheSentinelsAsStops() {
    gateway.engine.answering("a + b\n");
    HttpResponse<String> response =
        gateway.complete(
            """
            {"model": "codellama", "prompt": "<PRE> def add(a, b):\\n    return  <SUF>\\n <MID>",
             "stream": true, "max_tokens": 100, "temperature": 0.01,
             "stop": ["<PRE>", " <SUF>", " <MID>", "<EOT>", "\\n\\n", "/src/", "```"],
             "frequency_penalty": 0, "presence_penalty": 0}""");
    assertThat(text(events(response))).isEqualTo("a + b\n");
    assertInfilling();
  }

  @Test
  void tabbySendsASuffixAndMustNotSeeAnEmptyFinishReason() {
    gateway.engine.answering("a + b");
    HttpResponse<String> response =
        gateway.complete(
            """
            {"model": "", "prompt": "def add(a, b):\\n    return ", "suffix": "\\n\\nadd(1, 2)",
             "max_tokens": 64, "temperature": 0.1, "stream": true, "presence_penalty": 0.0}""");
    List<JsonNode> events = events(response);
    assertThat(text(events)).isEqualTo("a + b");
    for (JsonNode event : events.subList(0, events.size() - 1)) {
      assertThat(event.at("/choices/0/finish_reason").isNull()).isTrue();
    }
    assertThat(events.getLast().at("/choices/0/finish_reason").textValue()).isEqualTo("stop");
    assertInfilling();
  }

  @Test
  void zedSendsManyStops() {
    gateway.engine.answering("x = 1\n<|file_sep|>more");
    HttpResponse<String> response =
        gateway.complete(
            """
            {"model": "codellama", "prompt": "<PRE> x <SUF>\\n <MID>", "max_tokens": 256,
             "temperature": null, "stop": ["<|endoftext|>", "<|file_sep|>", "<|fim_pad|>",
             "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<fim_prefix>", "<fim_suffix>",
             "<PRE>", "<SUF>", "<MID>", "[PREFIX]", "[SUFFIX]", "<EOT>"]}""");
    assertThat(json(response).at("/choices/0/text").textValue()).isEqualTo("x = 1\n");
  }

  @Test
  void chatPluginsSendPartsAndOptionsTheyDoNotUse() {
    gateway.engine.answering("Sure.");
    HttpResponse<String> response =
        gateway.chat(
            """
            {"model": "codellama", "stream": true, "max_tokens": 200, "temperature": 0.5,
             "messages": [
               {"role": "system", "content": "You are a programming assistant."},
               {"role": "user", "content": [{"type": "text", "text": "Explain this."}]}],
             "stream_options": {"include_usage": true}, "tools": [], "tool_choice": "auto",
             "parallel_tool_calls": true, "store": false, "metadata": null,
             "response_format": {"type": "text"}}""");
    List<JsonNode> events = events(response);
    assertThat(events.getFirst().at("/choices/0/delta/role").textValue()).isEqualTo("assistant");
    assertThat(events.getLast().at("/usage/prompt_tokens").intValue()).isPositive();
  }

  private void assertInfilling() {
    EngineRequest request = gateway.engine.calls.element().request;
    assertThat(request.prompt())
        .containsOnlyOnce(INFILL.prefix())
        .containsOnlyOnce(INFILL.suffix())
        .endsWith(INFILL.middle());
    assertThat(request.stopIds()).contains(INFILL.endOfText());
  }

  private static String text(List<JsonNode> events) {
    StringBuilder text = new StringBuilder();
    events.forEach(event -> text.append(event.at("/choices/0/text").textValue()));
    return text.toString();
  }
}
