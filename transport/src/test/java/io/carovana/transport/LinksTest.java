package io.carovana.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.transport.Mesh.Medium;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class LinksTest {
  static Stream<Arguments> meshes() {
    return Stream.of(Medium.values())
        .flatMap(medium -> Stream.of(1, 2, 3, 5).map(ranks -> Arguments.of(medium, ranks)));
  }

  @ParameterizedTest
  @MethodSource("meshes")
  void fillsInTheRowsOfOtherRanks(Medium medium, int ranks) throws Exception {
    int count = 700;
    int width = 500; // more than one group of rows
    int[] owner = new Random(3).ints(count, 0, ranks).toArray();
    try (Mesh mesh = new Mesh(medium, ranks)) {
      List<float[]> all =
          mesh.run(
              mesh.topology(1, ranks),
              links -> {
                float[] rows = new float[count * width];
                for (int i = 0; i < rows.length; i++) {
                  rows[i] = owner[i / width] == links.tpRank() ? i : Float.NaN;
                }
                links.beginStep(1);
                links.exchangeRows(rows, count, width, owner);
                return rows;
              });
      float[] expected = new float[count * width];
      for (int i = 0; i < expected.length; i++) {
        expected[i] = i;
      }
      assertThat(all).allSatisfy(rows -> assertThat(rows).isEqualTo(expected));
    }
  }

  @ParameterizedTest
  @MethodSource("meshes")
  void gathersColumnsOnTheFirstRank(Medium medium, int ranks) throws Exception {
    int count = 9;
    int[] widths = new Random(4).ints(ranks, 1, 9000).toArray();
    int width = Arrays.stream(widths).sum();
    try (Mesh mesh = new Mesh(medium, ranks)) {
      List<float[]> all =
          mesh.run(
              mesh.topology(1, ranks),
              links -> {
                int rank = links.tpRank();
                int before = Arrays.stream(widths, 0, rank).sum();
                float[] local = new float[count * widths[rank]];
                for (int i = 0; i < local.length; i++) {
                  local[i] = i / widths[rank] * width + before + i % widths[rank];
                }
                float[] full = new float[rank == 0 ? count * width : 0];
                links.beginStep(1);
                links.gatherColumns(local, count, widths, full);
                return full;
              });
      for (int i = 0; i < count * width; i++) {
        assertThat(all.getFirst()[i]).isEqualTo(i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Medium.class)
  void handsOverBetweenStagesOfAllSizesInAnyOrderOfSteps(Medium medium) throws Exception {
    int[] sizes = {2, 3, 1, 2};
    int elements = 100_000;
    long[] sent = {4, 2, 3};
    long[] taken = {2, 3, 4};
    try (Mesh mesh = new Mesh(medium, 8)) {
      Topology topology = mesh.topology(1, sizes);
      List<List<Float>> sums =
          mesh.run(
              topology,
              links -> {
                boolean first = topology.ranks().get(links.rank()).stage() == 0;
                float[] hidden = new float[elements];
                List<Float> seen = new ArrayList<>();
                for (int i = 0; i < sent.length; i++) {
                  long step = first ? sent[i] : taken[i];
                  links.beginStep(step);
                  boolean alive = true;
                  if (first) {
                    Arrays.fill(hidden, (float) (step * 10 + links.tpRank()));
                  } else {
                    alive = links.receiveFromPreviousStage(hidden, elements);
                  }
                  seen.add(alive ? hidden[elements - 1] : -1);
                  links.sendToNextStage(hidden, elements, !alive || (first && step == 3));
                  links.endStep();
                }
                return seen;
              });
      List<Integer> origin = List.of(0, 1, 0, 1, 0, 0, 0, 0);
      for (int rank = 2; rank < 8; rank++) {
        float from = origin.get(rank);
        assertThat(sums.get(rank)).as("rank %d", rank).containsExactly(20f + from, -1f, 40f + from);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("meshes")
  void keepsOperationsApartUnderRandomInterleaving(Medium medium, int ranks) throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    try (Mesh mesh = new Mesh(medium, ranks)) {
      List<List<float[]>> all =
          mesh.run(
              mesh.topology(1, ranks), links -> RandomSteps.run(links, seed, RandomSteps.pauses()));
      List<List<float[]>> expected = RandomSteps.expected(ranks, seed);
      for (int rank = 0; rank < ranks; rank++) {
        for (int i = 0; i < expected.get(rank).size(); i++) {
          assertThat(all.get(rank).get(i))
              .as("seed %d, rank %d, operation %d", seed, rank, i)
              .isEqualTo(expected.get(rank).get(i));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Medium.class)
  void doesNotStandStillWhenAllRanksFillTheirWindows(Medium medium) throws Exception {
    int ranks = 3;
    int elements = 200_000; // several windows' worth to every peer, from all sides at once
    int[] nodes = {3, 3, 3};
    TreeProgram program = Trees.random(nodes, new Random(8));
    float[][] inputs = new float[ranks][];
    Arrays.setAll(inputs, rank -> Trees.values(3 * elements, new Random(rank)));
    float[] expected = Trees.evaluate(program, inputs, elements);
    try (Mesh mesh = new Mesh(medium, ranks)) {
      mesh.run(
          mesh.topology(1, ranks),
          links -> {
            float[] out = new float[elements];
            links.beginStep(1);
            for (int round = 0; round < 10; round++) {
              if ((round + links.tpRank()) % ranks == 0) {
                LockSupport.parkNanos(3_000_000);
              }
              links.allReduce(program, inputs[links.tpRank()], out, elements, 0);
            }
            assertThat(out).isEqualTo(expected);
            return true;
          });
    }
  }
}
