package io.carovana.chaostests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Fifty clients at once: every third gives up at a random moment, some ask for what cannot fit, and
 * some begin alike. What they do follows from a seed, what the cluster does with it does not.
 */
final class Crowd {
  private static final long SEED = 20_261_125;
  private static final int CLIENTS = 50;
  private static final int MISFITS = 5;
  private static final int LONGEST_CHARACTERS = 3_000;
  private static final int MOST_NEW_TOKENS = 40;
  private static final int LATEST_CANCEL_MS = 3_000;
  private static final long PATIENCE_S = 120;

  /** A client; one that is {@code patient} waits for its answer. */
  private record Client(
      String prompt, int maxTokens, boolean patient, CompletableFuture<Api.Answer> answer) {}

  private final Random random = new Random(SEED);
  private final List<Client> clients = new ArrayList<>();
  private final Api api;
  private final String text;
  private final int context;

  /** Clients whose prompts are pieces of {@code text}. */
  Crowd(Api api, String text, int context) {
    this.api = api;
    this.text = text;
    this.context = context;
  }

  /** Sends all requests, gives some up, and waits for the others. */
  void run() {
    long start = System.nanoTime();
    for (int i = 0; i < CLIENTS; i++) {
      boolean misfit = i % (CLIENTS / MISFITS) == 1;
      boolean patient = misfit || i % 3 != 0;
      String prompt = misfit ? text : piece();
      int maxTokens = misfit ? context : 1 + random.nextInt(MOST_NEW_TOKENS);
      Client client =
          new Client(prompt, maxTokens, patient, api.completeLater(Api.greedy(prompt, maxTokens)));
      clients.add(client);
      if (!patient) {
        CompletableFuture.delayedExecutor(random.nextInt(LATEST_CANCEL_MS), TimeUnit.MILLISECONDS)
            .execute(() -> client.answer.cancel(true));
      }
    }
    CompletableFuture.allOf(clients.stream().map(Client::answer).toArray(CompletableFuture[]::new))
        .handle((all, failed) -> all)
        .orTimeout(PATIENCE_S, TimeUnit.SECONDS)
        .join();
    System.out.printf("%d requests took %.1f s%n", CLIENTS, (System.nanoTime() - start) / 1e9);
  }

  private String piece() {
    int from = random.nextInt(3) == 0 ? 0 : random.nextInt(text.length() - 1);
    int length = 1 + random.nextInt(Math.min(LONGEST_CHARACTERS, text.length() - from));
    return text.substring(from, from + length);
  }

  /** Every client has what is due to it: the right answer, or why it has none. */
  void check(LocalReference reference) {
    int right = 0;
    int refused = 0;
    int cancelled = 0;
    for (Client client : clients) {
      Optional<Api.Answer> came = answer(client);
      if (came.isEmpty()) {
        assertThat(client.patient).isFalse();
        cancelled++;
        continue;
      }
      Api.Answer answer = came.get();
      if (client.maxTokens == context) {
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.errorCode()).isEqualTo("context_length_exceeded");
        refused++;
      } else {
        assertThat(answer.status()).as("%s", answer.body()).isEqualTo(200);
        LocalReference.Answer expected = reference.complete(client.prompt, client.maxTokens);
        assertThat(answer.text()).isEqualTo(expected.text());
        assertThat(answer.digest()).isEqualTo(expected.digest()).isNotEmpty();
        right++;
      }
    }
    System.out.printf(
        "seed %d: %d right, %d cancelled, %d refused%n", SEED, right, cancelled, refused);
    assertThat(refused).isEqualTo(MISFITS);
    assertThat(cancelled).isPositive();
  }

  /** What a client got; empty if it gave up. */
  private static Optional<Api.Answer> answer(Client client) {
    return client.answer.isCancelled() ? Optional.empty() : Optional.of(client.answer.join());
  }
}
