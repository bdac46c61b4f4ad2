package io.carovana.coordinator.dataplane;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.coordinator.dataplane.LivenessMonitor.Suspicion;
import io.carovana.protocol.step.ProgressReport.State;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LivenessMonitorTest {
  private static final long MS = 1_000_000;
  private static final long FENCE = 1_000 * MS;
  private static final long DUTY = 10 * MS;
  private static final long REPORT = 100 * MS;

  private long now = 5_000 * MS;
  private final LivenessMonitor monitor = new LivenessMonitor(2, FENCE, now);
  private final long[] counters = new long[2];

  /** What a rank reports at a time, or null while it is silent. */
  private interface Rank {
    @Nullable State at(long ms);
  }

  /** Lets time pass until a suspicion or the end; counters rise while ranks compute. */
  private @Nullable Suspicion pass(long ms, Rank first, Rank second, double... tilesPerReport) {
    long end = now + ms * MS;
    long start = now;
    double[] done = new double[2];
    while (now < end) {
      now += DUTY;
      if ((now - start) % REPORT == 0) {
        Rank[] ranks = {first, second};
        for (int rank = 0; rank < 2; rank++) {
          State state = ranks[rank].at((now - start) / MS);
          if (state == State.COMPUTING) {
            done[rank] += tilesPerReport[rank];
            counters[rank] += (long) done[rank];
            done[rank] -= (long) done[rank];
          }
          if (state != null) {
            monitor.report(rank, counters[rank], state, now);
          }
        }
      }
      Suspicion suspicion = monitor.check(now);
      if (suspicion != null) {
        return suspicion;
      }
    }
    return null;
  }

  private Suspicion suspected(long ms, Rank first, Rank second, double... tilesPerReport) {
    return requireNonNull(pass(ms, first, second, tilesPerReport));
  }

  @Test
  void aRankTenTimesSlowerIsNotFenced() {
    monitor.outstanding(true, now);
    @Nullable Suspicion suspicion =
        pass(
            120_000,
            ms -> ms % 60_000 < 6_000 ? State.COMPUTING : State.WAITING,
            ms -> State.COMPUTING,
            5,
            0.5);
    assertThat(suspicion).isNull();
  }

  @Test
  void aSilentRankIsFencedWithinTwoSeconds() {
    assertThat(pass(3_000, ms -> State.IDLE, ms -> State.IDLE, 1, 1)).isNull();
    long frozen = now;
    Suspicion suspicion = suspected(3_000, ms -> State.WAITING, ms -> null, 1, 1);
    assertThat(suspicion.rank()).isEqualTo(1);
    assertThat(now - frozen).isLessThan(2_000 * MS);
  }

  @Test
  void aRankThatComputesWithoutProgressIsFencedWithinTwoSeconds() {
    assertThat(pass(3_000, ms -> State.COMPUTING, ms -> State.COMPUTING, 1, 1)).isNull();
    long frozen = now;
    Suspicion suspicion = suspected(3_000, ms -> State.WAITING, ms -> State.COMPUTING, 1, 0);
    assertThat(suspicion.rank()).isEqualTo(1);
    assertThat(suspicion.reason()).contains("without progress");
    assertThat(now - frozen).isLessThan(2_000 * MS);
  }

  @Test
  void waitingForOthersIsNoFault() {
    monitor.outstanding(true, now);
    assertThat(pass(60_000, ms -> State.WAITING, ms -> State.COMPUTING, 1, 1)).isNull();
  }

  @Test
  void idlenessIsNoFault() {
    assertThat(pass(600_000, ms -> State.IDLE, ms -> State.IDLE, 1, 1)).isNull();
  }

  @ParameterizedTest
  @ValueSource(longs = {300, 900, 2_000, 60_000})
  void aPauseOfTheCoordinatorFencesNobody(long pauseMs) {
    for (int i = 0; i < 5; i++) {
      assertThat(pass(1_000, ms -> State.COMPUTING, ms -> State.COMPUTING, 1, 1)).isNull();
      now += pauseMs * MS;
      assertThat(monitor.check(now)).isNull();
    }
  }

  @Test
  void aFrozenRankIsFoundThoughTheCoordinatorKeepsPausing() {
    pass(1_000, ms -> State.IDLE, ms -> State.IDLE, 1, 1);
    @Nullable Suspicion suspicion = null;
    for (int i = 0; i < 20 && suspicion == null; i++) {
      now += 700 * MS;
      monitor.report(0, 0, State.IDLE, now);
      suspicion = monitor.check(now);
    }
    assertThat(requireNonNull(suspicion).rank()).isEqualTo(1);
  }

  @Test
  void aRankMayTakeItsTimeUntilItsFirstReport() {
    assertThat(pass(9_000, ms -> State.IDLE, ms -> null, 1, 1)).isNull();
    assertThat(pass(2_000, ms -> State.IDLE, ms -> null, 1, 1)).isNotNull();
  }

  @Test
  void anEpochInWhichAllWaitForOneAnotherIsStalled() {
    monitor.outstanding(true, now);
    Suspicion suspicion = suspected(15_000, ms -> State.WAITING, ms -> State.WAITING, 1, 1);
    assertThat(suspicion.rank()).isEqualTo(Suspicion.NOBODY);
  }

  @Test
  void anEpochWithoutStepsIsNotStalled() {
    monitor.outstanding(true, now);
    pass(5_000, ms -> State.WAITING, ms -> State.WAITING, 1, 1);
    monitor.outstanding(false, now);
    assertThat(pass(60_000, ms -> State.IDLE, ms -> State.IDLE, 1, 1)).isNull();
  }

  /** Whatever the schedule of reports, ranks that report in time and move are never suspected. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void ranksThatMoveAreNeverSuspected(long seed) {
    Random random = new Random(seed);
    long counter = 0;
    for (int i = 0; i < 10_000; i++) {
      now += random.nextInt(200) * MS;
      State state = State.values()[random.nextInt(3)];
      counter += state == State.COMPUTING ? 1 : 0;
      monitor.report(0, counter, state, now);
      monitor.report(1, counter, State.IDLE, now);
      assertThat(monitor.check(now)).as("seed %d, report %d", seed, i).isNull();
    }
  }
}
