package io.carovana.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThreadTeamTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void everyMemberDoesItsPartAndRunIsABarrier(int members) {
    try (ThreadTeam team = new ThreadTeam(members, "test")) {
      int[] done = new int[members];
      for (int round = 0; round < 5_000; round++) {
        int expected = round;
        team.run(
            (member, of) -> {
              assertThat(of).isEqualTo(members);
              for (int other : done) { // no member is ahead or behind by more than this round
                if (other < expected || other > expected + 1) {
                  throw new AssertionError(Arrays.toString(done) + " in round " + expected);
                }
              }
              done[member]++;
              team.tick(member);
            });
      }
      assertThat(done).containsOnly(5_000);
      assertThat(team.progress()).isEqualTo(5_000L * members);
    }
  }

  @Test
  void workOfAParkedMemberIsDone() {
    try (ThreadTeam team = new ThreadTeam(2, "parked")) {
      int[] sum = new int[2];
      team.run((member, of) -> sum[member]++);
      Thread helper = helper("parked-1");
      org.awaitility.Awaitility.await().until(() -> helper.getState() == Thread.State.WAITING);
      team.run((member, of) -> sum[member]++);
      assertThat(sum).containsOnly(2);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aFaultOfAnyMemberReachesTheLeaderAndTheTeamStaysUsable(int faulty) {
    try (ThreadTeam team = new ThreadTeam(2, "faulty")) {
      assertThatThrownBy(
              () ->
                  team.run(
                      (member, of) -> {
                        if (member == faulty) {
                          throw new IllegalArgumentException("tile 7");
                        }
                      }))
          .hasMessageContaining("tile 7");
      int[] sum = new int[2];
      team.run((member, of) -> sum[member]++);
      assertThat(sum).containsOnly(1);
    }
  }

  @Test
  void closingEndsTheThreads() {
    ThreadTeam team = new ThreadTeam(3, "closing");
    Thread helper = helper("closing-1");
    team.close();
    assertThat(helper.isAlive()).isFalse();
  }

  @Test
  void sharesCoverEverythingOnce() {
    for (int members = 1; members < 9; members++) {
      for (int count = 0; count < 40; count++) {
        assertThat(ThreadTeam.share(count, 0, members)).isZero();
        assertThat(ThreadTeam.share(count, members, members)).isEqualTo(count);
        for (int m = 0; m < members; m++) {
          assertThat(ThreadTeam.share(count, m, members))
              .isLessThanOrEqualTo(ThreadTeam.share(count, m + 1, members));
        }
      }
    }
  }

  private static Thread helper(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
