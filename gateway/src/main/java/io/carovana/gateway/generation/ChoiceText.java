package io.carovana.gateway.generation;

import io.carovana.gateway.generation.TextDelta.TokenText;
import io.carovana.gateway.text.StopMatcher;
import io.carovana.gateway.text.StopSet;
import io.carovana.model.tokenizer.StreamingDetokenizer;
import io.carovana.protocol.v1.Token;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns the tokens of one choice into visible text: holds back incomplete UTF-8 and what may become
 * a stop string, cuts at the stop, and gives out each token with the stretch of text it begins in.
 * A token none of whose text is visible is not given out at all.
 */
final class ChoiceText {
  private final StreamingDetokenizer decoder;
  private final StopMatcher matcher;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private int decodedChars;
  private int decodedPoints;
  private int releasedChars;
  private int tokens;

  /** A token whose text begins {@code chars} characters into the generated text. */
  private record Waiting(int chars, TokenText token) {}

  /**
   * @param offset code points of the choice's text before the first generated token
   */
  ChoiceText(StreamingDetokenizer decoder, StopSet stops, int offset) {
    this.decoder = decoder;
    this.matcher = new StopMatcher(stops);
    this.decodedPoints = offset;
  }

  /** Whether a stop string has been found; no token may follow. */
  boolean stopped() {
    return matcher.stopped();
  }

  /** Tokens taken so far. */
  int tokens() {
    return tokens;
  }

  TextDelta accept(Token token) {
    tokens++;
    waiting.add(new Waiting(decodedChars, new TokenText(token, decodedPoints, token.getLogprob())));
    return show(matcher.accept(decode(decoder.feed(token.getId()))));
  }

  /** The choice ended by itself: everything held back is shown. */
  TextDelta finish() {
    String text = matcher.accept(decode(decoder.finish()));
    TextDelta delta = show(matcher.stopped() ? text : text + matcher.finish());
    if (matcher.stopped()) {
      return delta;
    }
    List<TokenText> all = new ArrayList<>(delta.tokens());
    waiting.forEach(token -> all.add(token.token));
    waiting.clear();
    return new TextDelta(delta.text(), all);
  }

  private String decode(String text) {
    decodedChars += text.length();
    decodedPoints += text.codePointCount(0, text.length());
    return text;
  }

  private TextDelta show(String text) {
    releasedChars += text.length();
    List<TokenText> shown = new ArrayList<>(1);
    while (!waiting.isEmpty() && waiting.element().chars < releasedChars) {
      shown.add(waiting.remove().token);
    }
    return new TextDelta(text, shown);
  }
}
