package io.carovana.benchmarks.load;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Streams that never stop: where an answer ends, the next one begins. Their pauses go to the phase
 * that is on.
 *
 * <p>A decode step may bring several tokens (guesses that held), which the gateway writes as events
 * in one go. What arrives in one read, or within {@link #BURST_NS} of the read before, is one
 * burst; a pause lasts from the first read of a burst to the first of the next and counts once,
 * however many tokens follow it. The time to an answer's first token is no pause.
 */
final class Streams {
  /** Far below any step, far above what one step's events are apart. */
  static final long BURST_NS = 500_000;

  private static final int TOKENS = 2_000;
  private static final long NONE = Long.MIN_VALUE;

  private final Client client;
  private final Prompts prompts;
  private final Losses losses;
  private final List<Stream> streams = new ArrayList<>();
  private volatile @Nullable Figures figures;
  private volatile boolean stopped;

  Streams(Client client, Prompts prompts, Losses losses) {
    this.client = client;
    this.prompts = prompts;
    this.losses = losses;
  }

  void start(int count) {
    for (int i = 0; i < count; i++) {
      Stream stream = new Stream(i);
      streams.add(stream);
      stream.next();
    }
  }

  /** Pauses that end from now on belong there; nowhere if null. */
  void measure(@Nullable Figures phase) {
    figures = phase;
  }

  /** Hangs up, in the middle of all answers. */
  void stop() {
    stopped = true;
    streams.forEach(Stream::hangUp);
  }

  private final class Stream implements Answer.Listener {
    private int seed;
    private long burstNs = NONE;
    private long lastNs = NONE;
    private @Nullable Answer answer;

    Stream(int seed) {
      this.seed = seed;
    }

    synchronized void next() {
      if (stopped) {
        return;
      }
      burstNs = NONE;
      seed += 1_000;
      answer = client.stream(prompts.nextShort(), TOKENS, seed, this);
      answer.ended.whenCompleteAsync(
          (done, failure) -> {
            if (failure == null) {
              next();
            } else if (!stopped) {
              losses.lost("a stream", failure);
            }
          });
    }

    synchronized void hangUp() {
      if (answer != null) {
        answer.hangUp();
      }
    }

    @Override
    public synchronized void text(long atNs, int events) {
      Figures phase = figures;
      boolean begins = burstNs == NONE || atNs - lastNs > BURST_NS;
      if (phase != null && begins && burstNs != NONE) {
        phase.streamed(atNs - burstNs, events);
      } else if (phase != null) {
        phase.more(events);
      }
      burstNs = begins ? atNs : burstNs;
      lastNs = atNs;
    }
  }
}
