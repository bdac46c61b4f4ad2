package io.carovana.transport;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;

/**
 * An idle strategy for few cores that are shared by several processes: spins briefly, then parks,
 * first for a moment, then for up to a limit, and once nothing has happened for long, for up to
 * another. It never yields: on a busy Linux machine a thread that yields goes behind all others for
 * milliseconds, while one that parked is woken in its turn. Counts calls and reads no clock.
 */
public final class GradualIdle implements IdleStrategy {
  /** Timer slack makes this about 70 microseconds on Linux. */
  private static final long SHORT_PARK_NS = TimeUnit.MICROSECONDS.toNanos(20);

  private static final long MILLISECOND = TimeUnit.MILLISECONDS.toNanos(1);

  private final int shortParksAfter;
  private final int parksAfter;
  private final int restsAfter;
  private final long longestParkNs;
  private final long restNs;
  private int idles;
  private long parkNs = SHORT_PARK_NS;

  private GradualIdle(int spins, int shortParks, int parks, long longestParkNs, long restNs) {
    shortParksAfter = spins;
    parksAfter = shortParksAfter + shortParks;
    restsAfter = parksAfter + parks;
    this.longestParkNs = longestParkNs;
    this.restNs = restNs;
  }

  /**
   * For waiting inside an exchange: peers are expected any moment, so some 50 microseconds are spun
   * away, less than a park takes; then at least soon.
   */
  public static GradualIdle forExchange() {
    return new GradualIdle(600, 64, 0, MILLISECOND / 2, MILLISECOND / 2);
  }

  /** For a duty cycle: a fifth of a millisecond late while busy, eight after a while of nothing. */
  public static GradualIdle forDutyCycle() {
    return new GradualIdle(32, 16, 2000, MILLISECOND / 5, 8 * MILLISECOND);
  }

  /** For a media driver, which always has a little to do. */
  static GradualIdle forDriver() {
    return new GradualIdle(16, 16, 24, MILLISECOND, 3 * MILLISECOND);
  }

  @Override
  public void idle(int workCount) {
    if (workCount > 0) {
      reset();
    } else {
      idle();
    }
  }

  @Override
  public void idle() {
    if (idles < shortParksAfter) {
      Thread.onSpinWait();
    } else if (idles < parksAfter) {
      LockSupport.parkNanos(SHORT_PARK_NS);
    } else {
      parkNs = Math.min(parkNs * 2, idles < restsAfter ? longestParkNs : restNs);
      LockSupport.parkNanos(parkNs);
    }
    if (idles < restsAfter) {
      idles++;
    }
  }

  @Override
  public void reset() {
    idles = 0;
    parkNs = SHORT_PARK_NS;
  }

  @Override
  public String alias() {
    return "gradual";
  }
}
