package io.carovana.coordinator.dataplane;

import io.carovana.protocol.step.ProgressReport.State;
import org.jspecify.annotations.Nullable;

/**
 * Judges which ranks of an epoch are dead. Liveness is progress, not speed: a rank is suspected
 * when it is silent for {@code fenceAfterNs}, or when it says that it computes and its counter
 * stands still that long; never because a step is slow, never while it waits for others. A pure
 * state machine: every method takes the time.
 *
 * <p>A pause of the coordinator itself (its own calls stop coming) says nothing about the ranks: a
 * gap between two checks counts as a quarter of {@code fenceAfterNs} at most.
 */
public final class LivenessMonitor {
  /**
   * No rank computes, steps are outstanding and nothing moves for this long: a frame was lost and
   * the epoch will never go on.
   */
  public static final long STALLED_AFTER_NS = 10_000_000_000L;

  /** How long a rank may take to send its first report. */
  public static final long FIRST_REPORT_NS = 10_000_000_000L;

  private final long fenceAfterNs;
  private final long longestGapNs;
  private final RankClock[] ranks;
  private long lastCheckNs;
  private long movedNs;
  private boolean stepsOutstanding;

  /**
   * A monitor for ranks {@code [0, ranks)}.
   *
   * @param ranks number of ranks
   * @param fenceAfterNs silence or standstill after which a rank is suspected
   * @param nowNs time now
   */
  public LivenessMonitor(int ranks, long fenceAfterNs, long nowNs) {
    if (ranks < 1 || fenceAfterNs < 1) {
      throw new IllegalArgumentException(ranks + " ranks, fence after " + fenceAfterNs + " ns");
    }
    this.fenceAfterNs = fenceAfterNs;
    this.longestGapNs = fenceAfterNs / 4;
    this.ranks = new RankClock[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      this.ranks[rank] = new RankClock(nowNs);
    }
    lastCheckNs = nowNs;
    movedNs = nowNs;
  }

  /** Takes in a rank's report. */
  public void report(int rank, long counter, State state, long nowNs) {
    RankClock clock = ranks[rank];
    if (!clock.reported || counter != clock.counter || state != clock.state) {
      movedNs = nowNs;
    }
    clock.report(counter, state, nowNs);
  }

  /** Takes in that a rank finished a step, which is progress too. */
  public void completed(int rank, long nowNs) {
    ranks[rank].standingSinceNs = nowNs;
    movedNs = nowNs;
  }

  /** Takes in whether any step awaits its results; clocks of a stall run only then. */
  public void outstanding(boolean steps, long nowNs) {
    if (steps && !stepsOutstanding) {
      movedNs = nowNs;
    }
    stepsOutstanding = steps;
  }

  /**
   * Judges; to be called at least four times per {@code fenceAfterNs}, after all reports that have
   * arrived were taken in.
   *
   * @return the first suspect and why, or null
   */
  public @Nullable Suspicion check(long nowNs) {
    forgive(nowNs - lastCheckNs - longestGapNs);
    lastCheckNs = nowNs;
    for (int rank = 0; rank < ranks.length; rank++) {
      String reason = ranks[rank].reason(nowNs, fenceAfterNs);
      if (reason != null) {
        return new Suspicion(rank, reason);
      }
    }
    if (stepsOutstanding && nowNs - movedNs > STALLED_AFTER_NS && nobodyComputes()) {
      return new Suspicion(Suspicion.NOBODY, "all ranks wait for one another");
    }
    return null;
  }

  private boolean nobodyComputes() {
    for (RankClock clock : ranks) {
      if (clock.state == State.COMPUTING) {
        return false;
      }
    }
    return true;
  }

  /** Takes a pause of this process out of all clocks. */
  private void forgive(long pausedNs) {
    if (pausedNs <= 0) {
      return;
    }
    for (RankClock clock : ranks) {
      clock.heardNs += pausedNs;
      clock.standingSinceNs += pausedNs;
    }
    movedNs += pausedNs;
  }

  /**
   * A rank that is taken for dead.
   *
   * @param rank its number, or {@link #NOBODY} when the whole epoch is stalled
   * @param reason why, in words
   */
  public record Suspicion(int rank, String reason) {
    /** No single rank is to blame. */
    public static final int NOBODY = -1;
  }

  private static final class RankClock {
    boolean reported;
    long heardNs;
    long counter;
    long standingSinceNs;
    State state = State.IDLE;

    RankClock(long nowNs) {
      heardNs = nowNs;
      standingSinceNs = nowNs;
    }

    void report(long newCounter, State newState, long nowNs) {
      boolean stillStanding =
          reported && newCounter == counter && newState == State.COMPUTING && state == newState;
      if (!stillStanding) {
        standingSinceNs = nowNs;
      }
      reported = true;
      heardNs = nowNs;
      counter = newCounter;
      state = newState;
    }

    @Nullable String reason(long nowNs, long fenceAfterNs) {
      long silenceNs = nowNs - heardNs;
      if (silenceNs > (reported ? fenceAfterNs : Math.max(fenceAfterNs, FIRST_REPORT_NS))) {
        return "silent for " + silenceNs / 1_000_000 + " ms";
      }
      long standingNs = nowNs - standingSinceNs;
      if (state == State.COMPUTING && standingNs > fenceAfterNs) {
        return "computing without progress for " + standingNs / 1_000_000 + " ms";
      }
      return null;
    }
  }
}
