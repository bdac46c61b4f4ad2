package io.carovana.coordinator.dataplane;

import java.util.Arrays;

/**
 * Tells which ranks of a stage compute much slower than their peers. Shares are cut so that ranks
 * of a stage take equally long; one that takes {@link #FACTOR} times the median of the others is
 * degraded. That is shown to the operator and never a reason to fence.
 */
public final class PaceMonitor {
  /** How many times slower than the stage's median makes a rank degraded. */
  public static final double FACTOR = 3;

  /** Steps of a rank before it is judged. */
  public static final int WARM_UP_STEPS = 16;

  /** Weight of the newest step in the running mean. */
  private static final double NEWEST = 1.0 / 16;

  private final int[] stageOfRank;
  private final double[] meanNs;
  private final int[] steps;

  /** A monitor for ranks with the given stages. */
  public PaceMonitor(int[] stageOfRank) {
    this.stageOfRank = stageOfRank.clone();
    this.meanNs = new double[stageOfRank.length];
    this.steps = new int[stageOfRank.length];
  }

  /** Takes in the time {@code rank} computed in a step. */
  public void completed(int rank, long computeNs) {
    int seen = steps[rank]++;
    double weight = Math.max(NEWEST, 1.0 / (seen + 1));
    meanNs[rank] += weight * (computeNs - meanNs[rank]);
  }

  /** Whether {@code rank} is much slower than the others of its stage. */
  public boolean degraded(int rank) {
    double[] peers = new double[meanNs.length];
    int count = 0;
    for (int other = 0; other < meanNs.length; other++) {
      if (stageOfRank[other] == stageOfRank[rank]) {
        if (steps[other] < WARM_UP_STEPS) {
          return false;
        }
        if (other != rank) {
          peers[count++] = meanNs[other];
        }
      }
    }
    if (count == 0) {
      return false;
    }
    Arrays.sort(peers, 0, count);
    return meanNs[rank] > FACTOR * peers[(count - 1) / 2];
  }
}
