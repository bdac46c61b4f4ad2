package io.carovana.gateway.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.gateway.request.CompletionRequest.Prompt;
import io.carovana.model.prompt.ChatMessage;
import io.carovana.protocol.Failure;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RequestRulesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"max_tokens\": 0                            | max_tokens",
        "\"max_tokens\": -1                           | max_tokens",
        "\"max_tokens\": 2147483648                   | max_tokens",
        "\"max_tokens\": 1e300                        | max_tokens",
        "\"max_tokens\": 1.5                          | max_tokens",
        "\"max_tokens\": \"5\"                        | max_tokens",
        "\"max_tokens\": 99999999999999999999999      | max_tokens",
        "\"max_completion_tokens\": 0                 | max_completion_tokens",
        "\"temperature\": -0.1                        | temperature",
        "\"temperature\": 2.1                         | temperature",
        "\"temperature\": \"hot\"                     | temperature",
        "\"temperature\": true                        | temperature",
        "\"top_p\": 1.01                              | top_p",
        "\"top_p\": -1                                | top_p",
        "\"n\": 0                                     | n",
        "\"n\": 33                                    | n",
        "\"n\": -2147483649                           | n",
        "\"n\": 2, \"best_of\": 3                     | best_of",
        "\"best_of\": 2                               | best_of",
        "\"seed\": 1.5                                | seed",
        "\"seed\": 18446744073709551616               | seed",
        "\"seed\": \"x\"                              | seed",
        "\"stop\": 7                                  | stop",
        "\"stop\": [\"a\", 7]                         | stop[1]",
        "\"stop\": [\"a\", \"\"]                      | stop[1]",
        "\"stop\": \"\"                               | stop[0]",
        "\"stream\": \"yes\"                          | stream",
        "\"stream\": 1                                | stream",
        "\"stream_options\": true                     | stream_options",
        "\"stream_options\": {\"include_usage\": 1}   | stream_options.include_usage",
        "\"frequency_penalty\": 0.5                   | frequency_penalty",
        "\"presence_penalty\": -1                     | presence_penalty",
        "\"logit_bias\": {\"5\": 1}                   | logit_bias",
        "\"response_format\": {\"type\": \"json_object\"} | response_format",
        "\"tools\": [{}]                              | tools",
        "\"tool_choice\": \"required\"                | tool_choice",
        "\"audio\": {}                                | audio",
        "\"model\": 7                                 | model",
        "\"user\": []                                 | user",
        "\"return_logits_digest\": 1                  | return_logits_digest",
        "\"priority\": \"high\"                       | priority",
        "\"priority\": 0                              | priority",
        "\"service_tier\": \"priority\"               | service_tier",
        "\"service_tier\": \"Flex\"                   | service_tier",
        "\"service_tier\": {}                         | service_tier",
        "\"service_tier\": \"flex\", \"priority\": \"interactive\" | service_tier",
      })
  void bothApisRefuseByName(String field, String name) {
    assertRefused(() -> completion("\"prompt\": \"a\", " + field), name);
    assertRefused(() -> chat(oneMessage() + ", " + field), name);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"user\": \"me\"                                          | prompt",
        "\"prompt\": null                                          | prompt",
        "\"prompt\": 7                                             | prompt",
        "\"prompt\": {}                                            | prompt",
        "\"prompt\": []                                            | prompt",
        "\"prompt\": [[]]                                          | prompt[0]",
        "\"prompt\": [\"a\", 7]                                    | prompt[1]",
        "\"prompt\": [1, \"a\"]                                    | prompt[1]",
        "\"prompt\": [1, -1]                                       | prompt[1]",
        "\"prompt\": [1, 2147483648]                               | prompt[1]",
        "\"prompt\": [1, 1.5]                                      | prompt[1]",
        "\"prompt\": [[1], \"a\"]                                  | prompt[1]",
        "\"prompt\": [[1], [true]]                                 | prompt[1][0]",
        "\"prompt\": [true]                                        | prompt[0]",
        "\"prompt\": \"a\", \"logprobs\": 6                        | logprobs",
        "\"prompt\": \"a\", \"logprobs\": true                     | logprobs",
        "\"prompt\": \"a\", \"echo\": \"yes\"                      | echo",
        "\"prompt\": \"a\", \"suffix\": 7                          | suffix",
        "\"prompt\": [1], \"suffix\": \"b\"                        | suffix",
        "\"prompt\": \"a\", \"suffix\": \"b\", \"echo\": true      | echo",
        "\"prompt\": [\"a\",\"b\",\"c\",\"d\",\"e\"], \"n\": 30    | n",
      })
  void completionsRefuseByName(String fields, String name) {
    assertRefused(() -> completion(fields), name);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"user\": \"me\"                                                    | messages",
        "\"messages\": []                                                    | messages",
        "\"messages\": \"hi\"                                                | messages",
        "\"messages\": [7]                                                   | messages[0]",
        "\"messages\": [{}]                                                  | messages[0].role",
        "\"messages\": [{\"role\": \"tool\", \"content\": \"\"}]             | messages[0].role",
        "\"messages\": [{\"role\": \"user\"}]                                | messages[0].content",
        "\"messages\": [{\"role\": \"user\", \"content\": 7}]                | messages[0].content",
        "\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}] | messages[0].content[0]",
      })
  void chatsRefuseByName(String fields, String name) {
    assertRefused(() -> chat(fields), name);
  }

  @Test
  void topLogprobsOfChatsNeedLogprobs() {
    assertRefused(() -> chat(oneMessage() + ", \"top_logprobs\": 2"), "top_logprobs");
    assertRefused(
        () -> chat(oneMessage() + ", \"logprobs\": true, \"top_logprobs\": 21"), "top_logprobs");
    assertRefused(() -> chat(oneMessage() + ", \"logprobs\": 2"), "logprobs");
  }

  @Test
  void limitsTheNumberOfStopsAndTheirLength() throws RefusedException {
    String most =
        IntStream.range(0, Limits.STOPS)
            .mapToObj(i -> "\"stop" + i + "\"")
            .collect(Collectors.joining(","));
    assertThat(completion("\"prompt\": \"a\", \"stop\": [" + most + "]").parameters().stops())
        .hasSize(Limits.STOPS);
    assertRefused(
        () -> completion("\"prompt\": \"a\", \"stop\": [" + most + ", \"one more\"]"), "stop");
    String million = "\"x\",".repeat(400_000) + "\"x\"";
    assertRefused(() -> completion("\"prompt\": \"a\", \"stop\": [" + million + "]"), "stop");
    String longStop = "x".repeat(Limits.STOP_CHARS + 1);
    assertRefused(() -> completion("\"prompt\": \"a\", \"stop\": \"" + longStop + "\""), "stop[0]");
  }

  @Test
  void limitsPromptsAndMessages() {
    String prompts = "\"a\",".repeat(Limits.PROMPTS) + "\"a\"";
    assertRefused(() -> completion("\"prompt\": [" + prompts + "]"), "prompt");
    String message = "{\"role\": \"user\", \"content\": \"a\"}";
    String messages = (message + ",").repeat(Limits.MESSAGES) + message;
    assertRefused(() -> chat("\"messages\": [" + messages + "]"), "messages");
  }

  @Test
  void defaultsAreOpenAis() throws RefusedException {
    CompletionRequest request = completion("\"prompt\": \"a\"");
    Parameters parameters = request.parameters();
    assertThat(parameters.n()).isEqualTo(1);
    assertThat(parameters.maxTokens()).isNull();
    assertThat(parameters.temperature()).isEqualTo(1f);
    assertThat(parameters.topP()).isEqualTo(1f);
    assertThat(parameters.seed()).isNull();
    assertThat(parameters.stops()).isEmpty();
    assertThat(parameters.stream()).isFalse();
    assertThat(request.logprobs()).isNull();
    assertThat(request.echo()).isFalse();
    assertThat(request.suffix()).isNull();
  }

  @Test
  void readsEveryShapeOfPrompt() throws RefusedException {
    assertThat(completion("\"prompt\": \"a\"").prompts()).containsExactly(new Prompt.Text("a"));
    assertThat(completion("\"prompt\": [\"a\", \"b\"]").prompts())
        .containsExactly(new Prompt.Text("a"), new Prompt.Text("b"));
    assertThat(completion("\"prompt\": [1, 2.0]").prompts())
        .containsExactly(new Prompt.Ids(List.of(1, 2)));
    assertThat(completion("\"prompt\": [[1], [2, 3]]").prompts())
        .containsExactly(new Prompt.Ids(List.of(1)), new Prompt.Ids(List.of(2, 3)));
  }

  @Test
  void acceptsNeutralAndUnknownFieldsAndNulls() throws RefusedException {
    CompletionRequest request =
        completion(
            """
            "prompt": "a", "frequency_penalty": 0, "presence_penalty": 0.0, "logit_bias": {},
            "best_of": 1, "n": null, "stop": null, "suffix": "", "seed": -1, "temperature": 0,
            "max_tokens": 16.0, "user": "me", "model": "whatever", "no_such_field": {"a": [1]},
            "tools": [], "tool_choice": "auto", "response_format": {"type": "text"}""");
    assertThat(request.suffix()).isNull();
    assertThat(request.parameters().seed()).isEqualTo(-1);
    assertThat(request.parameters().maxTokens()).isEqualTo(16);
  }

  @Test
  void chatsKnowAliasesAndTextParts() throws RefusedException {
    ChatRequest request =
        chat(
            """
            "messages": [
              {"role": "developer", "content": "Be brief."},
              {"role": "user", "content": [{"type": "text", "text": "a"},
                                           {"type": "text", "text": "b"}]}],
            "max_tokens": 3, "max_completion_tokens": 5, "logprobs": true""");
    assertThat(request.messages())
        .containsExactly(new ChatMessage("system", "Be brief."), new ChatMessage("user", "ab"));
    assertThat(request.parameters().maxTokens()).isEqualTo(5);
    assertThat(request.topLogprobs()).isEqualTo(0);
  }

  private static CompletionRequest completion(String fields) throws RefusedException {
    return CompletionRequest.parse(("{" + fields + "}").getBytes(StandardCharsets.UTF_8));
  }

  private static ChatRequest chat(String fields) throws RefusedException {
    return ChatRequest.parse(("{" + fields + "}").getBytes(StandardCharsets.UTF_8));
  }

  private static String oneMessage() {
    return "\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]";
  }

  private static void assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable parse, String field) {
    assertThatThrownBy(parse)
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> {
              Failure failure = e.failure();
              assertThat(failure).isInstanceOf(Failure.InvalidRequest.class);
              assertThat(((Failure.InvalidRequest) failure).field()).isEqualTo(field);
              assertThat(failure.message()).contains(field);
            });
  }
}
