package io.carovana.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkSharesTest {
  @Test
  void ownStretchComesFirstAndThenTheEndsOfTheOthers() {
    WorkShares shares = new WorkShares(2);
    shares.deal(5);
    List<Integer> taken = new ArrayList<>();
    for (int unit = shares.next(0); unit >= 0; unit = shares.next(0)) {
      taken.add(unit);
    }
    assertThat(taken).containsExactly(0, 1, 4, 3, 2);
    assertThat(shares.next(1)).isNegative();
  }

  @Test
  void fewerUnitsThanMembers() {
    WorkShares shares = new WorkShares(4);
    shares.deal(1);
    assertThat(IntStream.range(0, 4).map(shares::next).filter(unit -> unit >= 0))
        .containsExactly(0);
    shares.deal(0);
    assertThat(shares.next(3)).isNegative();
  }

  @Test
  void everyUnitIsDoneOnceWhateverTheThreadsDo() {
    int members = 3;
    int units = 1000;
    WorkShares shares = new WorkShares(members);
    try (ThreadTeam team = new ThreadTeam(members, "shares")) {
      for (int round = 0; round < 50; round++) {
        AtomicIntegerArray done = new AtomicIntegerArray(units);
        shares.deal(units);
        team.run(
            (member, all) -> {
              for (int unit = shares.next(member); unit >= 0; unit = shares.next(member)) {
                done.incrementAndGet(unit);
              }
            });
        assertThat(IntStream.range(0, units).map(done::get)).containsOnly(1);
      }
    }
  }
}
