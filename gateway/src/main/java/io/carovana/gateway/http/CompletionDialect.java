package io.carovana.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carovana.gateway.generation.TextDelta;
import io.carovana.gateway.generation.TextDelta.TokenText;
import io.carovana.gateway.text.ModelText;
import io.carovana.protocol.v1.TopLogprob;

/** The shape of {@code /v1/completions}. */
final class CompletionDialect extends Dialect {
  private final TokenStrings strings;
  private final boolean logprobs;

  CompletionDialect(AnswerHead head, ModelText text, boolean logprobs) {
    super(head, "text_completion", "text_completion");
    this.strings = new TokenStrings(text);
    this.logprobs = logprobs;
  }

  @Override
  boolean putOpening(ObjectNode choice) {
    return false;
  }

  @Override
  void putDelta(ObjectNode choice, TextDelta delta) {
    choice.put("text", delta.text());
    if (logprobs && !delta.tokens().isEmpty()) {
      putLogprobs(choice.putObject("logprobs"), delta);
    } else {
      choice.putNull("logprobs");
    }
  }

  @Override
  void putEmptyDelta(ObjectNode choice) {
    choice.put("text", "");
    choice.putNull("logprobs");
  }

  @Override
  void putWhole(ObjectNode choice, TextDelta content) {
    choice.put("text", content.text());
    if (logprobs) {
      putLogprobs(choice.putObject("logprobs"), content);
    } else {
      choice.putNull("logprobs");
    }
  }

  private void putLogprobs(ObjectNode node, TextDelta delta) {
    ArrayNode tokens = node.putArray("tokens");
    ArrayNode tokenLogprobs = node.putArray("token_logprobs");
    ArrayNode topLogprobs = node.putArray("top_logprobs");
    ArrayNode textOffset = node.putArray("text_offset");
    for (TokenText token : delta.tokens()) {
      String shown = strings.escaped(token.token().getId());
      tokens.add(shown);
      textOffset.add(token.offset());
      Float logprob = token.logprob();
      if (logprob == null) {
        tokenLogprobs.addNull();
        topLogprobs.addNull();
      } else {
        tokenLogprobs.add(TokenStrings.finite(logprob));
        putTop(topLogprobs.addObject(), token, shown, logprob);
      }
    }
  }

  /** The likeliest tokens, and the one that was taken; of two that read the same, the likelier. */
  private void putTop(ObjectNode node, TokenText token, String shown, float logprob) {
    for (TopLogprob top : token.token().getTopList()) {
      String text = strings.escaped(top.getId());
      if (!node.has(text)) {
        node.put(text, TokenStrings.finite(top.getLogprob()));
      }
    }
    if (!node.has(shown)) {
      node.put(shown, TokenStrings.finite(logprob));
    }
  }
}
