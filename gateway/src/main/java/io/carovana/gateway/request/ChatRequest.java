package io.carovana.gateway.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carovana.gateway.request.Fields.IntRule;
import io.carovana.model.prompt.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/chat/completions}; the order of roles is checked where the template
 * is filled in.
 *
 * @param messages at least one
 * @param topLogprobs most likely tokens beside each token; null for no log probabilities
 * @param parameters the rest
 */
public record ChatRequest(
    List<ChatMessage> messages, @Nullable Integer topLogprobs, Parameters parameters) {

  private static final IntRule TOP_LOGPROBS =
      new IntRule("top_logprobs", 0, Limits.CHAT_TOP_LOGPROBS);

  /** Reads and checks a body. */
  public static ChatRequest parse(byte[] body) throws RefusedException {
    ObjectNode object = JsonBody.parse(body);
    Fields fields = new Fields(object, "");
    Parameters parameters = Parameters.read(fields);
    boolean logprobs = fields.flag("logprobs");
    Integer topLogprobs = fields.integer(TOP_LOGPROBS);
    if (!logprobs && topLogprobs != null && topLogprobs > 0) {
      throw fields.refuse("top_logprobs", "needs logprobs to be true");
    }
    int top = topLogprobs == null ? 0 : topLogprobs;
    return new ChatRequest(messages(fields), logprobs ? (Integer) top : null, parameters);
  }

  private static List<ChatMessage> messages(Fields fields) throws RefusedException {
    JsonNode node = fields.get("messages");
    if (node == null || !node.isArray() || node.isEmpty()) {
      throw fields.refuse("messages", "must be a list of at least one message");
    }
    if (node.size() > Limits.MESSAGES) {
      throw fields.refuse(
          "messages", "has " + node.size() + " entries; the limit is " + Limits.MESSAGES);
    }
    List<ChatMessage> messages = new ArrayList<>(node.size());
    for (JsonNode child : node) {
      String name = "messages[" + messages.size() + "]";
      if (!(child instanceof ObjectNode message)) {
        throw fields.refuse(name, "must be an object");
      }
      messages.add(message(new Fields(message, name + ".")));
    }
    return List.copyOf(messages);
  }

  private static ChatMessage message(Fields fields) throws RefusedException {
    String speaker =
        switch (fields.text("role")) {
          case "system", "developer" -> "system";
          case "user" -> "user";
          case "assistant" -> "assistant";
          case null, default ->
              throw fields.refuse("role", "must be system, developer, user or assistant");
        };
    return new ChatMessage(speaker, content(fields));
  }

  private static String content(Fields fields) throws RefusedException {
    JsonNode node = fields.get("content");
    if (node == null) {
      throw fields.refuse("content", "is required");
    }
    if (node.isTextual()) {
      return node.textValue();
    }
    if (!node.isArray()) {
      throw fields.refuse("content", "must be a string or a list of text parts");
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < node.size(); i++) {
      JsonNode part = node.get(i);
      if (!part.path("type").asText("").equals("text") || !part.path("text").isTextual()) {
        throw fields.refuse("content[" + i + "]", "must be {\"type\": \"text\", \"text\": …}");
      }
      text.append(part.path("text").textValue());
    }
    return text.toString();
  }
}
