package io.carovana.model.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carovana.model.prompt.InfillPrompt.Order;
import io.carovana.model.tokenizer.DemoModel;
import io.carovana.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The prompts of the demo model against what {@code tools/fixtures/prompt_cases.py} made of the
 * same texts with sentencepiece.
 */
class PromptCasesTest {
  private static final Tokenizer TOKENIZER = DemoModel.tokenizer();
  private static JsonNode cases;

  @BeforeAll
  static void readCases() throws IOException {
    try (InputStream in = PromptCasesTest.class.getResourceAsStream("demo-model-prompts.json")) {
      cases = new ObjectMapper().readTree(in);
    }
  }

  @Test
  void encodesTextOfClientsAsIfThereWereNoSentinels() {
    for (JsonNode each : all("texts")) {
      String text = each.get("text").asText();
      assertThat(TOKENIZER.encodeUserText(text)).as(text).containsExactly(ids(each.get("ids")));
    }
  }

  @Test
  void encodesContinuationsAsTheSmileyRuleDoes() {
    for (JsonNode each : all("texts")) {
      String text = each.get("text").asText();
      assertThat(TOKENIZER.encodeUserContinuation(text))
          .as(text)
          .containsExactly(ids(each.get("continuation")));
    }
  }

  @Test
  void buildsInfillingPromptsInBothOrders() {
    for (JsonNode each : all("infills")) {
      String prefix = each.get("prefix").asText();
      String suffix = each.get("suffix").asText();
      assertThat(InfillPrompt.of(TOKENIZER, prefix, suffix, Order.PSM, "suffix").ids())
          .as(each.toString())
          .containsExactly(ids(each.get("psm")));
      assertThat(InfillPrompt.of(TOKENIZER, prefix, suffix, Order.SPM, "suffix").ids())
          .as(each.toString())
          .containsExactly(ids(each.get("spm")));
    }
  }

  @Test
  void buildsInstructPrompts() {
    ChatPrompt format = new InstructPrompt(TOKENIZER);
    for (JsonNode each : all("dialogs")) {
      assertThat(format.encode(messages(each.get("messages"))).ids())
          .as(each.toString())
          .containsExactly(ids(each.get("instruct")));
    }
  }

  @Test
  void buildsStepPrompts() {
    ChatPrompt format = new StepPrompt(TOKENIZER, TOKENIZER.vocabSize() - 1);
    for (JsonNode each : all("dialogs")) {
      assertThat(format.encode(messages(each.get("messages"))).ids())
          .as(each.toString())
          .containsExactly(ids(each.get("steps")));
    }
  }

  private static JsonNode all(String name) {
    assertThat(cases.get(name)).as(name).isNotEmpty();
    return cases.get(name);
  }

  private static int[] ids(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  private static List<ChatMessage> messages(JsonNode node) {
    List<ChatMessage> messages = new ArrayList<>();
    node.forEach(pair -> messages.add(new ChatMessage(pair.get(0).asText(), pair.get(1).asText())));
    return messages;
  }
}
