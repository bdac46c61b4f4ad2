package io.carovana.worker.sampling;

/**
 * Randomness without state: a value is a function of (seed, choice, position) alone, so a replay
 * after a failure draws the same numbers. Each input in turn is folded into the state, which is
 * then scrambled by the 64-bit finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable
 * pseudorandom number generators", 2014, with Stafford's variant 13 of the constants).
 */
public final class CounterRandom {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private CounterRandom() {}

  /** A double in [0, 1) with 53 random bits. */
  public static double uniform(long seed, int choice, int position) {
    return (bits(seed, choice, position) >>> 11) * 0x1p-53;
  }

  /** 64 random bits. */
  public static long bits(long seed, int choice, int position) {
    long state = scramble(seed + GOLDEN_GAMMA);
    state = scramble((state ^ choice) + GOLDEN_GAMMA);
    return scramble((state ^ position) + GOLDEN_GAMMA);
  }

  private static long scramble(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
