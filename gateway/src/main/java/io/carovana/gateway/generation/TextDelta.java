package io.carovana.gateway.generation;

import io.carovana.protocol.v1.Token;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of one choice's visible text and the tokens that begin in it.
 *
 * @param text what to append
 * @param tokens tokens whose text begins in this stretch (or earlier, with their text held back)
 */
public record TextDelta(String text, List<TokenText> tokens) {
  /** Whether there is nothing to tell. */
  public boolean isEmpty() {
    return text.isEmpty() && tokens.isEmpty();
  }

  /**
   * A token and where its text stands.
   *
   * @param token id, log probability and likeliest others
   * @param offset code points before it in the choice's text
   * @param logprob null for the first token of a prompt, which nothing predicts
   */
  public record TokenText(Token token, int offset, @Nullable Float logprob) {}
}
