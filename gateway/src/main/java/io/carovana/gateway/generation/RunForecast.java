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
  private static final double LEAST_MS = 1_000;

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
    return readingMs > 0 ? readingMs + answerMs() : 0;
  }

  /**
   * Why a request for an answer in one piece is refused.
   *
   * @param field of the request, which would help with another value
   * @param message what it would take, the limit and what to do
   */
  public record Overrun(String field, String message) {}

  /** What to tell a client that wants the answer in one piece, if that would take too long. */
  public Optional<Overrun> overrun(long limitMs) {
    if (mostMs() <= limitMs) {
      return Optional.empty();
    }
    String message =
        "%s if nothing else runs. An answer in one piece must be complete within %s (request-limit-s). %s"
            .formatted(parts(), TimeWords.of(limitMs), advice(limitMs));
    return Optional.of(new Overrun(streamHelps(limitMs) ? "stream" : "max_tokens", message));
  }

  /**
   * Each part by itself: a sum of rounded times looks wrong. What is below a second is left out.
   */
  private String parts() {
    String reading =
        "reading %s %d tokens takes about %s"
            .formatted(
                prompts == 1 ? "the prompt of" : "the " + prompts + " prompts of together",
                promptTokens,
                TimeWords.of(readingMs));
    if (answerMs() < LEAST_MS) {
      return reading;
    }
    String writing = "max_tokens " + answerTokens;
    String answer = "up to " + TimeWords.of(answerMs());
    return readingMs < LEAST_MS
        ? writing + " takes " + answer
        : reading + ", and " + writing + " " + answer + " more";
  }

  private String advice(long limitMs) {
    int fitting = answerMs() > 0 ? (int) Math.max(0, (limitMs - readingMs) / tokenMs) : 0;
    if (!streamHelps(limitMs)) {
      return "Send a max_tokens of at most " + fitting;
    }
    String stream = "Send \"stream\": true: a stream is not cut off while its prompt is read";
    if (answerMs() > limitMs) {
      int streamed = (int) (limitMs / tokenMs);
      return stream
          + "; and a max_tokens of at most "
          + streamed
          + ": its answer has the limit too";
    }
    return stream + (fitting > 0 ? "; or a max_tokens of at most " + fitting : "");
  }

  /** Whether it is the prompt that takes it over the limit, alone or on top of the answer. */
  private boolean streamHelps(long limitMs) {
    return answerMs() <= limitMs || limitMs - readingMs < tokenMs;
  }

  private double answerMs() {
    return answerTokens * tokenMs;
  }
}
