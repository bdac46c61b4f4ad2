package io.carovana.transport;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;

/**
 * An idle strategy for few cores that are shared by several processes: spins briefly, gives way a
 * few times, then parks, first for a moment and, as nothing keeps happening, for up to a limit.
 * Counts calls and reads no clock.
 */
public final class GradualIdle implements IdleStrategy {
  private static final int SPINS = 64;
  private static final int YIELDS = 32;
  private static final int SHORT_PARKS = 64;

  /** Timer slack makes this about 70 microseconds on Linux. */
  private static final long SHORT_PARK_NS = TimeUnit.MICROSECONDS.toNanos(20);

  private final int longParksAfter;
  private final long longestParkNs;
  private int idles;
  private long parkNs = SHORT_PARK_NS;

  private GradualIdle(int shortParks, long longestParkNs) {
    this.longParksAfter = SPINS + YIELDS + shortParks;
    this.longestParkNs = longestParkNs;
  }

  /** For waiting inside an exchange: peers are expected any moment, then at least soon. */
  public static GradualIdle forExchange() {
    return new GradualIdle(SHORT_PARKS, TimeUnit.MICROSECONDS.toNanos(500));
  }

  /** For a duty cycle that may have nothing to do for long. */
  public static GradualIdle forDutyCycle() {
    return new GradualIdle(2, TimeUnit.MILLISECONDS.toNanos(1));
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
    if (idles < SPINS) {
      idles++;
      Thread.onSpinWait();
    } else if (idles < SPINS + YIELDS) {
      idles++;
      Thread.yield();
    } else if (idles < longParksAfter) {
      idles++;
      LockSupport.parkNanos(SHORT_PARK_NS);
    } else {
      parkNs = Math.min(parkNs * 2, longestParkNs);
      LockSupport.parkNanos(parkNs);
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
