package io.carovana.gateway.http;

import io.carovana.gateway.TimeWords;
import io.carovana.gateway.engine.Engine.Reading;
import java.util.Optional;

/**
 * What a stream says while its prompts are read, in comments that clients pass over: the first at
 * once, then at most one a second.
 */
final class ProgressComments {
  private static final long EVERY_NS = 1_000_000_000;

  private boolean any;
  private long lastNs;

  /** The comment to send now, if one is due. */
  Optional<String> of(Reading reading, long nowNs) {
    if (any && nowNs - lastNs < EVERY_NS) {
      return Optional.empty();
    }
    any = true;
    lastNs = nowNs;
    return Optional.of(words(reading));
  }

  private static String words(Reading reading) {
    int percent = reading.total() == 0 ? 100 : (int) (100L * reading.done() / reading.total());
    StringBuilder words = new StringBuilder("progress ");
    words.append(reading.done()).append('/').append(reading.total());
    words.append(" (").append(percent).append(" %)");
    if (reading.cached() > 0) {
      words.append(", ").append(reading.cached()).append(" from cache");
    }
    if (reading.leftMs() > 0) {
      words.append(", about ").append(TimeWords.of(reading.leftMs())).append(" left");
    }
    return words.toString();
  }
}
