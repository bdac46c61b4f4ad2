package io.carovana.gateway.generation;

import io.carovana.gateway.TimeWords;
import io.carovana.gateway.engine.Speed;
import java.util.List;
import java.util.Optional;

/**
 * How long a request takes where nothing else runs and nothing of it is cached: its prompts one
 * after the other, then its choices side by side. What the request does not say is not counted: the
 * default of a chat's {@code max_tokens} is all that the context leaves, which nobody expects to
 * get.
 *
 * @param prompts how many there are
 * @param promptTokens of all of them
 * @param readingMs time to read them; 0 when unknown
 * @param answerTokens {@code max_tokens} as the request says; 0 where it does not
 * @param tokenMs time to write one; 0 when unknown
 */
public record RunForecast(
    int prompts, long promptTokens, double readingMs, int answerTokens, double tokenMs) {

  /** Of prompts of these lengths, tokens. */
  public static RunForecast of(Speed speed, List<Integer> prompts, int answerTokens) {
    return new RunForecast(
        prompts.size(),
        prompts.stream().mapToLong(Integer::intValue).sum(),
        speed.prefillKnown() ? prompts.stream().mapToDouble(speed::prefillMs).sum() : 0,
        answerTokens,
        speed.decodeMs());
  }

  /** The most it may take, ms; 0 when unknown. */
  public double mostMs() {
    return readingMs > 0 ? readingMs + answerTokens * tokenMs : 0;
  }

  /** What to tell a client that wants the answer in one piece, if that would take too long. */
  public Optional<String> overrun(long limitMs) {
    if (mostMs() <= limitMs) {
      return Optional.empty();
    }
    StringBuilder words = new StringBuilder("reading ");
    words.append(prompts == 1 ? "the prompt of " : "the " + prompts + " prompts of together ");
    words.append(promptTokens).append(" tokens takes about ").append(TimeWords.of(readingMs));
    boolean answerCounts = answerTokens * tokenMs > 0;
    if (answerCounts) {
      words.append(", and max_tokens ").append(answerTokens).append(" up to ");
      words.append(TimeWords.of(answerTokens * tokenMs)).append(" more: at most ");
      words.append(TimeWords.of(mostMs())).append(" if nothing else runs");
    }
    words.append(". An answer in one piece must be complete within ");
    words
        .append(TimeWords.of(limitMs))
        .append(" (request-limit-s). Send \"stream\": true: a stream");
    words.append(" is not cut off while its prompt is read");
    int fitting = answerCounts ? (int) ((limitMs - readingMs) / tokenMs) : 0;
    if (fitting > 0) {
      words.append("; or a max_tokens of at most ").append(fitting);
    }
    return Optional.of(words.toString());
  }
}
