package io.carovana.benchmarks.load;

import java.util.Random;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Short completions: as fast as they are answered, or at planned times whatever the answers do. */
final class ShortOnes {
  private static final int NEW_TOKENS = 32;

  private final Client client;
  private final Prompts prompts;
  private final Losses losses;
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();

  ShortOnes(Client client, Prompts prompts, Losses losses) {
    this.client = client;
    this.prompts = prompts;
    this.losses = losses;
  }

  int sent() {
    return sent.get();
  }

  /** How many a second are answered when {@code clients} are under way all the time. */
  double sustained(int clients, double seconds) {
    long beganNs = System.nanoTime();
    long untilNs = beganNs + (long) (seconds * 1e9);
    int before = answered.get();
    Phaser open = new Phaser(1);
    for (int i = 0; i < clients; i++) {
      again(open, untilNs);
    }
    open.arriveAndAwaitAdvance();
    return (answered.get() - before) / ((System.nanoTime() - beganNs) / 1e9);
  }

  private void again(Phaser open, long untilNs) {
    send(null, 0, open, () -> System.nanoTime() - untilNs < 0);
  }

  /**
   * Sends {@code rate} a second while {@code on}, at times drawn beforehand (exponential pauses,
   * the same in every call), and waits for the last answer. A time to a first token counts from the
   * planned time.
   */
  void openLoop(double rate, BooleanSupplier on, Figures figures) {
    Random random = new Random(2);
    Phaser open = new Phaser(1);
    long plannedNs = System.nanoTime();
    while (on.getAsBoolean()) {
      plannedNs += (long) (-Math.log(1 - random.nextDouble()) / rate * 1e9);
      for (long left; (left = plannedNs - System.nanoTime()) > 0; ) {
        LockSupport.parkNanos(left);
      }
      send(figures, plannedNs, open, () -> false);
    }
    open.arriveAndAwaitAdvance();
  }

  private void send(
      @Nullable Figures figures, long plannedNs, Phaser open, BooleanSupplier another) {
    open.register();
    FirstToken first = new FirstToken(figures, plannedNs);
    Answer answer = client.stream(prompts.nextShort(), NEW_TOKENS, sent.incrementAndGet(), first);
    answer.ended.whenCompleteAsync(
        (done, failure) -> {
          if (failure != null) {
            losses.lost("a short completion", failure);
          } else {
            answered.incrementAndGet();
            if (another.getAsBoolean()) {
              send(figures, plannedNs, open, another);
            }
          }
          open.arriveAndDeregister();
        });
  }

  private static final class FirstToken implements Answer.Listener {
    private final @Nullable Figures figures;
    private final long plannedNs;
    private boolean came;

    FirstToken(@Nullable Figures figures, long plannedNs) {
      this.figures = figures;
      this.plannedNs = plannedNs;
    }

    @Override
    public void text(long atNs, int events) {
      if (!came && figures != null) {
        figures.firstToken(atNs - plannedNs);
      }
      came = true;
    }
  }
}
