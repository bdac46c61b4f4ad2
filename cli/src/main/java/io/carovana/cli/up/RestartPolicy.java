package io.carovana.cli.up;

import java.util.OptionalLong;

/** When a process that died is started again: later each time, and not for ever. */
final class RestartPolicy {
  /** A process that ran this long was well; its earlier deaths no longer count. */
  static final long WELL_MS = 60_000;

  static final long FIRST_DELAY_MS = 250;
  static final long LONGEST_DELAY_MS = 8_000;

  /** Deaths in a row, each soon after the start, after which it is given up. */
  static final int MOST_DEATHS = 10;

  private int deaths;

  /**
   * A process died.
   *
   * @param ageMs how long it had been running
   * @return how long to wait before it is started again, ms; empty to give it up
   */
  OptionalLong afterDeath(long ageMs) {
    deaths = ageMs >= WELL_MS ? 1 : deaths + 1;
    if (deaths > MOST_DEATHS) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS << (deaths - 1)));
  }
}
