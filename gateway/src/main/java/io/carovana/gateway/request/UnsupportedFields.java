package io.carovana.gateway.request;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.function.Predicate;

/**
 * Fields of OpenAI's API that would change the answer and are not supported: a neutral value
 * passes, any other is refused by name. Fields nobody knows are ignored.
 */
final class UnsupportedFields {
  private static final List<Rule> RULES =
      List.of(
          new Rule("frequency_penalty", UnsupportedFields::isZero, "0"),
          new Rule("presence_penalty", UnsupportedFields::isZero, "0"),
          new Rule("logit_bias", UnsupportedFields::isEmpty, "empty"),
          new Rule("response_format", UnsupportedFields::isTextFormat, "{\"type\": \"text\"}"),
          new Rule("tools", UnsupportedFields::isEmpty, "empty"),
          new Rule("functions", UnsupportedFields::isEmpty, "empty"),
          new Rule("tool_choice", UnsupportedFields::isNoTool, "\"none\" or \"auto\""),
          new Rule("function_call", UnsupportedFields::isNoTool, "\"none\" or \"auto\""),
          new Rule("modalities", UnsupportedFields::isTextOnly, "[\"text\"]"),
          new Rule("audio", node -> false, "null"),
          new Rule("web_search_options", node -> false, "null"));

  private UnsupportedFields() {}

  static void check(Fields fields) throws RefusedException {
    for (Rule rule : RULES) {
      JsonNode node = fields.get(rule.name);
      if (node != null && !rule.neutral.test(node)) {
        throw fields.refuse(
            rule.name, "is not supported here: leave it out or make it " + rule.neutralWords);
      }
    }
  }

  private static boolean isZero(JsonNode node) {
    return node.isNumber() && node.doubleValue() == 0;
  }

  private static boolean isEmpty(JsonNode node) {
    return node.isContainerNode() && node.isEmpty();
  }

  private static boolean isTextFormat(JsonNode node) {
    return node.path("type").asText("").equals("text");
  }

  private static boolean isNoTool(JsonNode node) {
    return node.isTextual() && (node.textValue().equals("none") || node.textValue().equals("auto"));
  }

  private static boolean isTextOnly(JsonNode node) {
    return node.isArray() && node.size() == 1 && node.get(0).asText("").equals("text");
  }

  private record Rule(String name, Predicate<JsonNode> neutral, String neutralWords) {}
}
