package io.carovana.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carovana.gateway.generation.TextDelta;
import io.carovana.gateway.generation.TextDelta.TokenText;
import io.carovana.gateway.text.ModelText;
import io.carovana.protocol.v1.TopLogprob;

/** The shape of {@code /v1/chat/completions}. */
final class ChatDialect extends Dialect {
  private final TokenStrings strings;
  private final boolean logprobs;

  ChatDialect(AnswerHead head, ModelText text, boolean logprobs) {
    super(head, "chat.completion", "chat.completion.chunk");
    this.strings = new TokenStrings(text);
    this.logprobs = logprobs;
  }

  @Override
  boolean putOpening(ObjectNode choice) {
    choice.putObject("delta").put("role", "assistant").put("content", "");
    choice.putNull("logprobs");
    choice.putNull("finish_reason");
    return true;
  }

  @Override
  void putDelta(ObjectNode choice, TextDelta delta) {
    choice.putObject("delta").put("content", delta.text());
    putLogprobs(choice, delta, logprobs && !delta.tokens().isEmpty());
  }

  @Override
  void putEmptyDelta(ObjectNode choice) {
    choice.putObject("delta");
    choice.putNull("logprobs");
  }

  @Override
  void putWhole(ObjectNode choice, TextDelta content) {
    ObjectNode message = choice.putObject("message");
    message.put("role", "assistant").put("content", content.text()).putNull("refusal");
    putLogprobs(choice, content, logprobs);
  }

  private void putLogprobs(ObjectNode choice, TextDelta delta, boolean wanted) {
    if (!wanted) {
      choice.putNull("logprobs");
      return;
    }
    ObjectNode node = choice.putObject("logprobs");
    ArrayNode content = node.putArray("content");
    for (TokenText token : delta.tokens()) {
      ObjectNode entry = content.addObject();
      putToken(entry, token.token().getId(), token.token().getLogprob());
      ArrayNode top = entry.putArray("top_logprobs");
      for (TopLogprob other : token.token().getTopList()) {
        putToken(top.addObject(), other.getId(), other.getLogprob());
      }
    }
    node.putNull("refusal");
  }

  private void putToken(ObjectNode node, int id, float logprob) {
    node.put("token", strings.replaced(id));
    node.put("logprob", TokenStrings.finite(logprob));
    ArrayNode bytes = node.putArray("bytes");
    for (byte b : strings.bytes(id)) {
      bytes.add(b & 0xff);
    }
  }
}
