package io.carovana.gateway;

/** Durations for people. */
public final class TimeWords {
  private static final long SECOND_MS = 1_000;
  private static final long MINUTE_MS = 60 * SECOND_MS;

  private TimeWords() {}

  /**
   * Rounded, to no more than is worth reading: {@code 1 s} (and nothing below), {@code 119 s},
   * {@code 12 min}, {@code 3 h 5 min}.
   *
   * @param ms at least 0
   */
  public static String of(double ms) {
    long seconds = Math.max(1, Math.round(ms / SECOND_MS));
    if (seconds < 2 * 60) {
      return seconds + " s";
    }
    long minutes = Math.round(ms / MINUTE_MS);
    if (minutes < 2 * 60) {
      return minutes + " min";
    }
    return minutes / 60 + " h " + minutes % 60 + " min";
  }
}
