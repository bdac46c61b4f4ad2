package io.carovana.worker.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.shard.Range;
import io.carovana.model.shard.ReductionTree;
import io.carovana.transport.Control;
import io.carovana.transport.LinkException;
import io.carovana.transport.TreeProgram;
import io.carovana.worker.shard.ThreadTeam;
import io.carovana.worker.shard.TreePrograms;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class LocalLinksTest {
  private static final int ELEMENTS = 5;

  @Test
  void sumsExchangesAndGathersOnThreeRanks() {
    List<LocalLinks> links = LocalLinks.of(List.of(3));
    TreeProgram program =
        TreePrograms.of(
            new ReductionTree(4), List.of(new Range(0, 2), new Range(2, 3), new Range(3, 4)));
    float[][] sums = new float[3][ELEMENTS];
    float[][] rows = new float[3][];
    float[] full = new float[2 * 6];
    long[] agreed = new long[3];
    try (ThreadTeam team = new ThreadTeam(3, "links")) {
      for (int round = 1; round <= 200; round++) {
        int value = round;
        team.run(
            (rank, of) -> {
              LocalLinks own = links.get(rank);
              own.beginStep(value);
              float[] nodes = new float[ELEMENTS];
              java.util.Arrays.fill(nodes, value * (rank + 1));
              long control = Control.of(rank == 1 ? value : 0, rank == 2 ? 2 * value : 0);
              agreed[rank] = own.allReduce(program, nodes, sums[rank], ELEMENTS, control);
              rows[rank] = new float[] {-1, -1, -1, -1, -1, -1};
              rows[rank][2 * rank] = value + rank;
              rows[rank][2 * rank + 1] = value - rank;
              own.exchangeRows(rows[rank], 3, 2, new int[] {0, 1, 2});
              float[] local = new float[2 * (rank + 1)];
              java.util.Arrays.fill(local, 10 * value + rank);
              own.gatherColumns(local, 2, new int[] {1, 2, 3}, full);
              own.endStep();
            });
        for (int rank = 0; rank < 3; rank++) {
          assertThat(sums[rank]).containsOnly(6 * value);
          assertThat(agreed[rank]).isEqualTo(Control.of(value, 2 * value));
          assertThat(rows[rank])
              .containsExactly(value, value, value + 1, value - 1, value + 2, value - 2);
        }
        float a = 10 * value;
        float b = a + 1;
        float c = a + 2;
        assertThat(full).containsExactly(a, b, b, c, c, c, a, b, b, c, c, c);
      }
    }
  }

  @Test
  void anUrgentStepOvertakesOnTheWayToTheNextStage() throws Exception {
    List<LocalLinks> links = LocalLinks.of(List.of(1, 2));
    links.get(0).beginStep(1);
    links.get(0).beginStep(2);
    links.get(0).sendToNextStage(new float[] {22}, 1, false);
    links.get(0).endStep();
    links.get(0).sendToNextStage(new float[0], 1, true);
    float[] hidden = new float[1];
    for (int rank = 1; rank <= 2; rank++) {
      LocalLinks own = links.get(rank);
      own.beginStep(1);
      assertThat(own.receiveFromPreviousStage(hidden, 1)).isFalse();
      own.beginStep(2);
      assertThat(own.receiveFromPreviousStage(hidden, 1)).isTrue();
      assertThat(hidden).containsExactly(22);
    }
  }

  @Test
  void aFailedRankFreesTheOthers() throws Exception {
    List<LocalLinks> links = LocalLinks.of(List.of(2, 1));
    try (var executor = Executors.newFixedThreadPool(2)) {
      Future<?> peer =
          executor.submit(() -> links.get(0).exchangeRows(new float[1], 1, 1, new int[] {0}));
      Future<?> later =
          executor.submit(
              () -> {
                links.get(2).beginStep(1);
                return links.get(2).receiveFromPreviousStage(new float[1], 1);
              });
      links.get(1).fail("rank 1 ran out of memory");
      assertThatThrownBy(peer::get)
          .hasCauseInstanceOf(LinkException.class)
          .hasMessageContaining("rank 1 ran out of memory");
      assertThatThrownBy(later::get)
          .hasCauseInstanceOf(LinkException.class)
          .hasMessageContaining("rank 1 ran out of memory");
    }
  }
}
