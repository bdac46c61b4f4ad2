package io.carovana.benchmarks.load;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionException;

/** Long prompts, one after the other, of one new token each. */
final class LongOnes {
  private final Client client;
  private final Prompts prompts;
  private final Losses losses;
  private final int tokens;

  LongOnes(Client client, Prompts prompts, Losses losses, int tokens) {
    this.client = client;
    this.prompts = prompts;
    this.losses = losses;
    this.tokens = tokens;
  }

  /**
   * Sends them until {@code seconds} are over, at least one and the last one to its end.
   *
   * @return the median of the times to the first token, seconds; NaN if all were lost
   */
  double run(double seconds) {
    long untilNs = System.nanoTime() + (long) (seconds * 1e9);
    List<Double> times = new ArrayList<>();
    do {
      String prompt = prompts.next(tokens);
      long beganNs = System.nanoTime();
      try {
        Answer answer = client.stream(prompt, 1, 0, (atNs, events) -> {}).ended.join();
        times.add((System.nanoTime() - beganNs) / 1e9);
        System.err.printf("a prompt of %d: %.2f s%n", answer.promptTokens(), times.getLast());
      } catch (CompletionException e) {
        losses.lost("a long prompt", e);
      }
    } while (System.nanoTime() - untilNs < 0);
    Collections.sort(times);
    return times.isEmpty() ? Double.NaN : times.get(times.size() / 2);
  }
}
