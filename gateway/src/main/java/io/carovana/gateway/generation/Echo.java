package io.carovana.gateway.generation;

import io.carovana.gateway.generation.TextDelta.TokenText;
import io.carovana.protocol.v1.Token;
import java.util.ArrayList;
import java.util.List;

/**
 * The prompt at the beginning of a choice.
 *
 * @param text the prompt's text; empty where the prompt is not wanted back
 * @param firstListed first prompt token to list with log probabilities: 1 to pass over a bos that
 *     the client did not send
 * @param offsets code points of {@code text} before each prompt token; empty unless their log
 *     probabilities are wanted
 */
public record Echo(String text, int firstListed, int[] offsets) {
  /** No echo. */
  public static final Echo NONE = new Echo("", 0, new int[0]);

  int codePoints() {
    return text.codePointCount(0, text.length());
  }

  /**
   * The echoed stretch.
   *
   * @param prompt ids of all prompt tokens
   * @param reported the engine's log probabilities of the last prompt tokens, all or all but the
   *     first
   */
  TextDelta delta(int[] prompt, List<Token> reported) {
    List<TokenText> tokens = new ArrayList<>();
    if (offsets.length > 0) {
      int unreported = prompt.length - reported.size();
      for (int i = firstListed; i < prompt.length; i++) {
        boolean predicted = i > 0 && i >= unreported;
        Token token =
            i >= unreported
                ? reported.get(i - unreported)
                : Token.newBuilder().setId(prompt[i]).build();
        Float logprob = predicted ? (Float) token.getLogprob() : null;
        tokens.add(new TokenText(token, offsets[i], logprob));
      }
    }
    return new TextDelta(text, tokens);
  }
}
