package io.carovana.benchmarks.load;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What a long prompt does to requests beside it, and they to it. Four phases: streams that never
 * stop; they while long prompts are read one after the other; streams and short completions at half
 * the rate that is sustained; all three. {@code benchmarks/mixed_load.py} starts a cluster for it.
 * Exit code 1 if a request is lost or the cluster keeps KV pages; goals that are missed are only
 * said.
 */
public final class MixedLoad {
  private static final double PACE_GOAL = 2;
  private static final double PREFILL_GOAL = 3;
  private static final long PAGES_WAIT_NS = TimeUnit.SECONDS.toNanos(10);
  private static final long PAGES_POLL_MS = 100;

  private final LoadOptions options;
  private final Client client;
  private final Losses losses = new Losses();
  private final Streams streams;
  private final ShortOnes shortOnes;
  private final LongOnes longOnes;

  private MixedLoad(LoadOptions options, Client client, Prompts prompts) {
    this.options = options;
    this.client = client;
    streams = new Streams(client, prompts, losses);
    shortOnes = new ShortOnes(client, prompts, losses);
    longOnes = new LongOnes(client, prompts, losses, options.longTokens());
  }

  /** Runs it; {@link LoadOptions#of} says what the arguments are. */
  public static void main(String[] args) throws IOException, InterruptedException {
    LoadOptions options = LoadOptions.of(List.of(args));
    try (Client client = new Client(options.url())) {
      Prompts prompts = Prompts.open(options.model(), options.corpus());
      boolean sound = new MixedLoad(options, client, prompts).run();
      System.exit(sound ? 0 : 1);
    }
  }

  private boolean run() throws IOException, InterruptedException {
    double warmUp = Math.max(5, options.seconds() / 4.0);
    shortOnes.sustained(options.clients(), warmUp);
    longOnes.run(0);
    double alone = longOnes.run(warmUp);
    streams.start(options.streams());
    double sustained = shortOnes.sustained(options.clients(), warmUp);
    System.out.printf(
        "short completions sustained beside %d streams: %.2f a second; half of it is sent%n%s%n",
        options.streams(), sustained, Figures.HEADER);

    Figures quiet = phase("streams", 0, false);
    Figures quietLong = phase("and a long prompt", 0, true);
    Figures busy = phase("and short ones", sustained / 2, false);
    Figures busyLong = phase("and both", sustained / 2, true);
    streams.stop();
    compare("beside streams", alone, quiet, quietLong, true);
    compare("beside streams and short ones", alone, busy, busyLong, false);

    long pages = pagesLeft();
    System.out.printf(
        "%d short completions, %d requests lost, %d KV pages used at the end%n",
        shortOnes.sent(), losses.count(), pages);
    return losses.count() == 0 && pages == 0;
  }

  /** Streams, {@code rate} short completions a second, and long prompts if {@code reading}. */
  private Figures phase(String name, double rate, boolean reading) {
    Figures figures = new Figures();
    streams.measure(figures);
    CompletableFuture<Void> end =
        // Not on the common pool: two cores have one thread there, which begins the next answers.
        CompletableFuture.runAsync(
                () -> figures.prefill(readOrWait(reading)), task -> Thread.ofPlatform().start(task))
            .thenRun(
                () -> {
                  streams.measure(null);
                  figures.end();
                });
    if (rate > 0) {
      shortOnes.openLoop(rate, () -> !end.isDone(), figures);
    }
    end.join();
    System.out.println(figures.line(name));
    return figures;
  }

  private double readOrWait(boolean reading) {
    if (reading) {
      return longOnes.run(options.seconds());
    }
    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(options.seconds()));
    return Double.NaN;
  }

  private void compare(String where, double alone, Figures without, Figures with, boolean goals) {
    double pace = Figures.ms(with.betweenUs, 99) / Figures.ms(without.betweenUs, 99);
    double slower = with.prefill() / alone;
    System.out.printf(
        "%s: p99 between tokens %.2f times as long%s; a prompt of %d tokens in %.2f s, alone %.2f s,"
            + " %.2f times%s%n",
        where,
        pace,
        goals ? verdict(pace, PACE_GOAL) : "",
        options.longTokens(),
        with.prefill(),
        alone,
        slower,
        goals ? verdict(slower, PREFILL_GOAL) : "");
  }

  private static String verdict(double ratio, double goal) {
    return String.format(" (goal %.0f: %s)", goal, ratio <= goal ? "met" : "MISSED");
  }

  /** KV pages in use once nothing runs any more; cancelled requests take a moment. */
  private long pagesLeft() throws IOException, InterruptedException {
    long untilNs = System.nanoTime() + PAGES_WAIT_NS;
    while (true) {
      JsonNode used = client.status().path("kv_pages").path("used");
      if (used.isNumber() && used.asLong() == 0 || System.nanoTime() - untilNs >= 0) {
        return used.asLong(-1);
      }
      Thread.sleep(PAGES_POLL_MS);
    }
  }
}
