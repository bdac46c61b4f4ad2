package io.carovana.gateway.http;

import io.carovana.gateway.generation.Generation;
import io.carovana.protocol.Failure;
import io.vertx.core.Vertx;

/**
 * Ends a generation that runs too long. For a whole answer the coordinator has the same limit and
 * ends it first. A stream has the limit anew whenever more of its prompts has been read than ever:
 * first until its turn comes, at last for all of its answer. Used on one event loop only.
 */
final class RunLimit {
  /** How long after the coordinator's limit the gateway ends a request by itself, ms. */
  private static final long GRACE_MS = 2_000;

  private final Vertx vertx;
  private final Generation generation;
  private final boolean stream;
  private final long limitMs;
  private long timer;

  /** Begins to count. */
  RunLimit(Vertx vertx, Generation generation, boolean stream, long limitMs) {
    this.vertx = vertx;
    this.generation = generation;
    this.stream = stream;
    this.limitMs = limitMs;
    this.timer = begin();
  }

  /** More of the prompts has been read. */
  void readOn() {
    if (stream) {
      stop();
      timer = begin();
    }
  }

  /** The generation is over. */
  void stop() {
    vertx.cancelTimer(timer);
  }

  private long begin() {
    return vertx.setTimer(stream ? limitMs : limitMs + GRACE_MS, id -> generation.fail(late()));
  }

  private Failure late() {
    return new Failure.DeadlineExceeded(
        stream
            ? "the stream ran longer than "
                + limitMs
                + " ms since its prompt was last read on (request-limit-s)"
            : "the request ran longer than " + limitMs + " ms (request-limit-s)");
  }
}
