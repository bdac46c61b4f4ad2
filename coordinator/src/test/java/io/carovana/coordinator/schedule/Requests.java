package io.carovana.coordinator.schedule;

import java.util.Arrays;

/** Requests for tests. */
final class Requests {
  private Requests() {}

  /** Greedy, of an interactive client called "client". */
  static Request of(String id, int[] prompt, int maxTokens) {
    return of(id, prompt, maxTokens, "client", false);
  }

  static Request of(String id, int[] prompt, int maxTokens, String client, boolean batch) {
    return new Request(
        id,
        "gateway",
        prompt,
        new int[0],
        Request.Sampling.GREEDY,
        maxTokens,
        new int[0],
        Request.NO_DEADLINE,
        client,
        batch);
  }

  /** A prompt of one token repeated. */
  static int[] repeated(int token, int length) {
    int[] prompt = new int[length];
    Arrays.fill(prompt, token);
    return prompt;
  }

  /** A prompt of the tokens from {@code from} on. */
  static int[] counting(int from, int length) {
    int[] prompt = new int[length];
    Arrays.setAll(prompt, i -> from + i);
    return prompt;
  }
}
