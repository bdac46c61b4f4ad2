package io.carovana.coordinator.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceMonitorTest {
  private static PaceMonitor after(int steps, int[] stages, long... computeNs) {
    PaceMonitor monitor = new PaceMonitor(stages);
    for (int step = 0; step < steps; step++) {
      for (int rank = 0; rank < stages.length; rank++) {
        monitor.completed(rank, computeNs[rank]);
      }
    }
    return monitor;
  }

  @Test
  void aRankMuchSlowerThanItsPeersIsDegraded() {
    PaceMonitor monitor = after(100, new int[] {0, 0, 0}, 100, 1000, 110);
    assertThat(monitor.degraded(0)).isFalse();
    assertThat(monitor.degraded(1)).isTrue();
    assertThat(monitor.degraded(2)).isFalse();
  }

  @Test
  void stagesAreNotCompared() {
    PaceMonitor monitor = after(100, new int[] {0, 1}, 100, 1000);
    assertThat(monitor.degraded(1)).isFalse();
  }

  @Test
  void theFirstStepsAreNotJudged() {
    int[] stages = {0, 0};
    assertThat(after(PaceMonitor.WARM_UP_STEPS - 1, stages, 100, 1000).degraded(1)).isFalse();
    assertThat(after(PaceMonitor.WARM_UP_STEPS, stages, 100, 1000).degraded(1)).isTrue();
  }

  @Test
  void aRankRecovers() {
    PaceMonitor monitor = after(50, new int[] {0, 0}, 100, 1000);
    for (int step = 0; step < 100; step++) {
      monitor.completed(0, 100);
      monitor.completed(1, 100);
    }
    assertThat(monitor.degraded(1)).isFalse();
  }
}
