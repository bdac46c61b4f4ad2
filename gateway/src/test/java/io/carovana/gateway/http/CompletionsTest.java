package io.carovana.gateway.http;

import static io.carovana.gateway.http.TestGateway.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.gateway.engine.Engine;
import io.carovana.gateway.engine.EngineRequest;
import io.carovana.model.tokenizer.InfillIds;
import io.carovana.model.tokenizer.Tokenizer;
import io.carovana.protocol.v1.Priority;
import io.carovana.protocol.v1.SamplingParams;
import io.carovana.protocol.v1.Token;
import io.carovana.protocol.v1.TopLogprob;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CompletionsTest {
  private static final Tokenizer TOKENIZER = FakeEngine.TEXT.tokenizer();

  private final TestGateway gateway = new TestGateway();
  private final FakeEngine engine = gateway.engine;

  @AfterEach
  void close() {
    gateway.close();
  }

  @Test
  void answersAPromptOfText() {
    engine.answering("    return a + b\n");
    HttpResponse<String> response = gateway.complete("{\"prompt\": \"def add(a, b):\\n\"}");
    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode root = json(response);
    assertThat(root.get("object").textValue()).isEqualTo("text_completion");
    assertThat(root.get("id").textValue()).startsWith("cmpl-");
    assertThat(root.get("created").isIntegralNumber()).isTrue();
    assertThat(root.get("model").textValue()).isEqualTo("demo");
    assertThat(root.get("system_fingerprint").textValue())
        .isEqualTo("0011223344556677-n1-file-f32");
    JsonNode choice = root.get("choices").get(0);
    assertThat(choice.get("text").textValue()).isEqualTo("    return a + b\n");
    assertThat(choice.get("index").intValue()).isEqualTo(0);
    assertThat(choice.get("finish_reason").textValue()).isEqualTo("stop");
    assertThat(choice.get("logprobs").isNull()).isTrue();
    int[] prompt = engine.calls.element().request.prompt();
    int generated = TOKENIZER.encodeUserContinuation("    return a + b\n").length;
    assertThat(root.get("usage").toString())
        .isEqualTo(
            """
            {"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,\
            "prompt_tokens_details":{"cached_tokens":0},\
            "completion_tokens_details":{"accepted_prediction_tokens":0,\
            "rejected_prediction_tokens":0}}"""
                .formatted(prompt.length, generated, prompt.length + generated));
  }

  @Test
  void asksTheEngineForWhatTheRequestSays() {
    engine.answering("x");
    gateway.complete(
        """
        {"prompt": "a", "max_tokens": 7, "temperature": 0.25, "top_p": 0.5, "seed": -3}""");
    EngineRequest request = engine.calls.element().request;
    assertThat(request.prompt()[0]).isEqualTo(TOKENIZER.bosId());
    assertThat(request.maxTokens()).isEqualTo(7);
    assertThat(request.limitMs()).isEqualTo(TestGateway.LIMITS.requestMs());
    assertThat(request.stopIds())
        .containsExactlyInAnyOrder(
            TOKENIZER.eosId(), TOKENIZER.infilling().orElseThrow().endOfText());
    SamplingParams sampling = request.sampling();
    assertThat(sampling.getTemperature()).isEqualTo(0.25f);
    assertThat(sampling.getTopP()).isEqualTo(0.5f);
    assertThat(sampling.getSeed()).isEqualTo(-3L);
    assertThat(sampling.getLogprobs()).isFalse();
    assertThat(sampling.getDigest()).isFalse();
  }

  @Test
  void asksTheEngineForTheTurnTheRequestWants() {
    engine.answering("x");
    for (String fields :
        new String[] {
          "",
          ", \"priority\": \"interactive\"",
          ", \"service_tier\": \"auto\"",
          ", \"service_tier\": \"default\", \"priority\": null",
          ", \"priority\": \"batch\"",
          ", \"service_tier\": \"flex\"",
          ", \"service_tier\": \"auto\", \"priority\": \"batch\"",
        }) {
      assertThat(gateway.complete("{\"prompt\": \"a\"" + fields + "}").statusCode()).isEqualTo(200);
    }
    List<Priority> priorities = engine.calls.stream().map(call -> call.request.priority()).toList();
    assertThat(priorities.subList(0, 4)).containsOnly(Priority.INTERACTIVE);
    assertThat(priorities.subList(4, 7)).containsOnly(Priority.BATCH);
    assertThat(engine.calls).allMatch(call -> call.request.client().equals("local"));
  }

  @Test
  void hasOpenAisDefaultsAndDrawsASeed() {
    engine.answering("x");
    gateway.complete("{\"prompt\": \"a\"}");
    EngineRequest request = engine.calls.element().request;
    assertThat(request.maxTokens()).isEqualTo(16);
    assertThat(request.sampling().getTemperature()).isEqualTo(1f);
    assertThat(request.sampling().getTopP()).isEqualTo(1f);
    assertThat(request.sampling().getSeed()).isEqualTo(TestGateway.SEED);
  }

  @Test
  void neverAsksTheEngineForATopPOfZero() {
    engine.answering("x");
    gateway.complete("{\"prompt\": \"a\", \"top_p\": 0}");
    gateway.complete("{\"prompt\": \"a\", \"top_p\": 1e-300}");
    assertThat(engine.calls.stream().map(call -> call.request.sampling().getTopP()).toList())
        .containsExactly(Float.MIN_VALUE, Float.MIN_VALUE);
  }

  @Test
  void takesTokenIdsAsTheyAre() {
    engine.answering("x");
    gateway.complete("{\"prompt\": [1, 300, 301]}");
    gateway.complete("{\"prompt\": [[300], [301, 302]]}");
    assertThat(engine.calls.stream().map(call -> call.request.prompt()).toList())
        .containsExactly(new int[] {1, 300, 301}, new int[] {300}, new int[] {301, 302});
    assertRefused("{\"prompt\": [1, 999999]}", "prompt[1]");
    assertRefused("{\"prompt\": [[1], [2, 999999]]}", "prompt[1][1]");
    assertThat(engine.calls).hasSize(3);
  }

  @Test
  void answersSeveralPromptsAndChoicesInOrder() {
    engine.script =
        call -> {
          call.say(call.request.id().substring(call.request.id().lastIndexOf('-')));
          call.reachLength();
        };
    JsonNode root = json(gateway.complete("{\"prompt\": [\"a\", \"bb\"], \"n\": 2}"));
    List<String> texts = new ArrayList<>();
    root.get("choices").forEach(choice -> texts.add(choice.get("text").textValue()));
    assertThat(texts).containsExactly("-0", "-1", "-2", "-3");
    assertThat(root.get("choices").get(3).get("index").intValue()).isEqualTo(3);
    assertThat(root.get("choices").get(3).get("finish_reason").textValue()).isEqualTo("length");
    assertThat(engine.calls.stream().map(call -> call.request.sampling().getChoice()).toList())
        .containsExactly(0, 1, 0, 1);
    int prompts = engine.calls.stream().mapToInt(call -> call.request.prompt().length).sum() / 2;
    assertThat(root.get("usage").get("prompt_tokens").intValue()).isEqualTo(prompts);
  }

  @Test
  void tellsWhatWasCachedAndGuessed() {
    engine.script =
        call -> {
          call.say("x = 1");
          call.stopAfter(2, 7, 5);
        };
    JsonNode usage = json(gateway.complete("{\"prompt\": [300, 301, 302]}")).get("usage");
    assertThat(usage.at("/prompt_tokens").intValue()).isEqualTo(3);
    assertThat(usage.at("/prompt_tokens_details/cached_tokens").intValue()).isEqualTo(2);
    JsonNode guesses = usage.get("completion_tokens_details");
    assertThat(guesses.get("accepted_prediction_tokens").intValue()).isEqualTo(5);
    assertThat(guesses.get("rejected_prediction_tokens").intValue()).isEqualTo(2);
  }

  @Test
  void countsGuessesOfAllChoicesAndCachedTokensOfEachPromptOnce() {
    engine.script =
        call -> {
          call.say("x");
          // The later choices of a prompt find what the first has read.
          int cached = call.request.sampling().getChoice() == 0 ? 1 : 1_000;
          call.stopAfter(cached, 3, 1);
        };
    JsonNode usage =
        json(gateway.complete("{\"prompt\": [[300, 301], [302, 303, 304]], \"n\": 3}"))
            .get("usage");
    assertThat(usage.at("/prompt_tokens").intValue()).isEqualTo(5);
    assertThat(usage.at("/prompt_tokens_details/cached_tokens").intValue()).isEqualTo(2);
    JsonNode guesses = usage.get("completion_tokens_details");
    assertThat(guesses.get("accepted_prediction_tokens").intValue()).isEqualTo(6);
    assertThat(guesses.get("rejected_prediction_tokens").intValue()).isEqualTo(12);
  }

  @Test
  void whatAChoiceCutByAStopStringFoundCachedIsKnownFromItsProgress() {
    engine.script =
        call -> {
          call.read(2, 3, 1, 70);
          call.say("x\ny");
        };
    JsonNode root = json(gateway.complete("{\"prompt\": [300, 301, 302], \"stop\": \"\\n\"}"));
    assertThat(root.at("/choices/0/text").textValue()).isEqualTo("x");
    assertThat(root.at("/usage/prompt_tokens_details/cached_tokens").intValue()).isEqualTo(1);
  }

  @Test
  void cutsAtStopStringsAndStopsTheEngine() {
    engine.script = call -> call.say("a = 1\n\ndef f():\n    pass\n");
    JsonNode root = json(gateway.complete("{\"prompt\": \"#\", \"stop\": [\"zz\", \"\\ndef\"]}"));
    JsonNode choice = root.get("choices").get(0);
    assertThat(choice.get("text").textValue()).isEqualTo("a = 1\n");
    assertThat(choice.get("finish_reason").textValue()).isEqualTo("stop");
    assertThat(engine.calls.element().cancelReasons()).containsExactly("stop string");
  }

  @Test
  void fillsInBetweenPromptAndSuffix() {
    engine.answering("    pass");
    HttpResponse<String> response =
        gateway.complete("{\"prompt\": \"def f( <SUF>):\\n\", \"suffix\": \"\\n <MID>end\"}");
    assertThat(json(response).get("choices").get(0).get("text").textValue()).isEqualTo("    pass");
    InfillIds infill = TOKENIZER.infilling().orElseThrow();
    int[] prompt = engine.calls.element().request.prompt();
    assertThat(prompt).startsWith(TOKENIZER.bosId(), infill.prefix()).endsWith(infill.middle());
    assertThat(prompt).containsOnlyOnce(infill.prefix());
    assertThat(prompt).containsOnlyOnce(infill.suffix());
    assertThat(prompt).containsOnlyOnce(infill.middle());
  }

  @Test
  void theTextFormMakesTheSamePromptAsASuffix() {
    engine.answering("x");
    gateway.complete("{\"prompt\": \"def f(\", \"suffix\": \"):\\n\"}");
    gateway.complete("{\"prompt\": \"<PRE> def f( <SUF>):\\n <MID>\"}");
    List<int[]> prompts = engine.calls.stream().map(call -> call.request.prompt()).toList();
    assertThat(prompts.get(1)).isEqualTo(prompts.get(0));
  }

  @Test
  void echoesThePrompt() {
    engine.answering(" + b");
    JsonNode root = json(gateway.complete("{\"prompt\": \"a\", \"echo\": true, \"stop\": \"a\"}"));
    assertThat(root.get("choices").get(0).get("text").textValue()).isEqualTo("a + b");
    engine.script = FakeEngine.Call::stop;
    root = json(gateway.complete("{\"prompt\": \"a\", \"echo\": true}"));
    assertThat(root.get("choices").get(0).get("text").textValue()).isEqualTo("a");
  }

  @Test
  void listsLogProbabilities() {
    int ret = TOKENIZER.encodeUserContinuation("return")[0];
    int word = TOKENIZER.encodeUserContinuation(" x")[0];
    engine.script =
        call -> {
          call.listener.tokens(List.of(token(ret, -0.25f, word, -2f)), List.of());
          call.listener.tokens(List.of(token(word, -3f, ret, -0.125f)), List.of());
          call.reachLength();
        };
    JsonNode root = json(gateway.complete("{\"prompt\": \"a\", \"logprobs\": 1}"));
    assertThat(engine.calls.element().request.sampling().getTopLogprobs()).isEqualTo(1);
    assertThat(engine.calls.element().request.sampling().getPromptLogprobs()).isFalse();
    assertThat(root.get("choices").get(0).get("logprobs"))
        .isEqualTo(
            json(
                """
                {"tokens": ["return", " x"], "token_logprobs": [-0.25, -3.0],
                 "top_logprobs": [{" x": -2.0, "return": -0.25}, {"return": -0.125, " x": -3.0}],
                 "text_offset": [0, 6]}"""));
  }

  @Test
  void logProbabilitiesEndWhereTheTextDoes() {
    engine.script = call -> call.say("x = 1\ny = 2\n");
    JsonNode choice =
        json(gateway.complete("{\"prompt\": \"a\", \"logprobs\": 0, \"stop\": \"\\ny\"}"))
            .get("choices")
            .get(0);
    assertThat(choice.get("text").textValue()).isEqualTo("x = 1");
    StringBuilder joined = new StringBuilder();
    choice.get("logprobs").get("tokens").forEach(token -> joined.append(token.textValue()));
    assertThat(joined.toString()).startsWith("x = 1");
    choice
        .get("logprobs")
        .get("text_offset")
        .forEach(offset -> assertThat(offset.intValue()).isLessThan("x = 1".length()));
  }

  @Test
  void echoesThePromptsLogProbabilities() {
    engine.script =
        call -> {
          List<Token> prompt = new ArrayList<>();
          for (int id : call.request.prompt()) {
            prompt.add(token(id, -0.5f * prompt.size(), id, -1f));
          }
          call.listener.tokens(List.of(token(300, -4f, 301, -5f)), prompt);
          call.reachLength();
        };
    JsonNode text =
        json(gateway.complete("{\"prompt\": \"a b\", \"echo\": true, \"logprobs\": 1}"))
            .get("choices")
            .get(0);
    assertThat(engine.calls.element().request.sampling().getPromptLogprobs()).isTrue();
    int tokens = engine.calls.element().request.prompt().length;
    JsonNode logprobs = text.get("logprobs");
    assertThat(logprobs.get("tokens")).hasSize(tokens);
    assertThat(logprobs.get("token_logprobs").get(0).floatValue()).isEqualTo(-0.5f);
    assertThat(logprobs.get("text_offset").get(0).intValue()).isEqualTo(0);
    assertThat(logprobs.get("text_offset").get(tokens - 1).intValue()).isEqualTo(3);

    JsonNode ids =
        json(gateway.complete("{\"prompt\": [300, 301], \"echo\": true, \"logprobs\": 1}"))
            .get("choices")
            .get(0)
            .get("logprobs");
    assertThat(ids.get("tokens")).hasSize(3);
    assertThat(ids.get("token_logprobs").get(0).isNull()).isTrue();
    assertThat(ids.get("top_logprobs").get(0).isNull()).isTrue();
    assertThat(ids.get("token_logprobs").get(1).floatValue()).isEqualTo(-0.5f);
  }

  @Test
  void returnsTheDigestOfTheLogitsWhenAsked() {
    engine.script =
        call -> {
          call.say("x");
          byte[] digest = call.request.sampling().getDigest() ? new byte[] {1, -1} : new byte[0];
          call.listener.finished(new Engine.End(false, digest, 0, 0, 0));
        };
    JsonNode asked = json(gateway.complete("{\"prompt\": \"a\", \"return_logits_digest\": true}"));
    assertThat(asked.get("choices").get(0).get("logits_digest").textValue()).isEqualTo("01ff");
    JsonNode silent = json(gateway.complete("{\"prompt\": \"a\"}"));
    assertThat(silent.get("choices").get(0).has("logits_digest")).isFalse();
  }

  @Test
  void keepsPromptAndAnswerWithinTheContext() {
    engine.answering("x");
    int context = FakeEngine.CONTEXT;
    String ids = "300,".repeat(context - 5) + "300";
    assertRefused("{\"prompt\": [" + ids + "], \"max_tokens\": 5}", "max_tokens");
    assertRefused("{\"prompt\": [" + ids + ",1,1,1,1]}", "prompt");
    assertRefused("{\"prompt\": \"" + "a b ".repeat(10_000) + "\"}", "prompt");
    assertRefused("{\"prompt\": [[300], [" + ids + ",1,1,1,1]]}", "prompt[1]");
    assertThat(engine.calls).isEmpty();
    gateway.complete("{\"prompt\": [" + ids + "], \"max_tokens\": 4}");
    gateway.complete("{\"prompt\": [" + ids + "]}");
    assertThat(engine.calls.stream().map(call -> call.request.maxTokens()).toList())
        .containsExactly(4, 4);
  }

  @Test
  void whatExceedsTheContextIsToldWhatWouldFit() {
    assertMessage(
        510,
        5,
        "prompt has 510 tokens and max_tokens is 5, together 515; the context is 512 tokens, prompt"
            + " and answer together. What fits: after this prompt a max_tokens of at most 2, or"
            + " with this max_tokens a prompt of at most 507 tokens");
    assertMessage(
        510,
        2_147_483_647,
        "together 2147484157",
        "What fits: after this prompt a max_tokens of at most 2");
    assertMessage(
        600, 100, "together 700", "What fits: with this max_tokens a prompt of at most 412 tokens");
    assertMessage(600, 512, "What fits: a prompt of at most 511 tokens");
    assertMessage(
        512,
        0,
        "prompt has 512 tokens; the context is 512 tokens",
        "What fits: a prompt of at most 511 tokens");
  }

  /** {@code maxTokens} 0 for a request that does not say. */
  private void assertMessage(int promptTokens, int maxTokens, String... parts) {
    String ids = "300" + ",300".repeat(promptTokens - 1);
    String body =
        "{\"prompt\": ["
            + ids
            + "]"
            + (maxTokens == 0 ? "" : ", \"max_tokens\": " + maxTokens)
            + "}";
    HttpResponse<String> response = gateway.complete(body);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).at("/error/code").textValue()).isEqualTo("context_length_exceeded");
    assertThat(json(response).at("/error/message").textValue()).contains(parts);
  }

  private void assertRefused(String body, String field) {
    HttpResponse<String> response = gateway.complete(body);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).get("error").get("param").textValue()).isEqualTo(field);
  }

  private static Token token(int id, float logprob, int other, float otherLogprob) {
    return Token.newBuilder()
        .setId(id)
        .setLogprob(logprob)
        .addTop(TopLogprob.newBuilder().setId(other).setLogprob(otherLogprob))
        .build();
  }
}
