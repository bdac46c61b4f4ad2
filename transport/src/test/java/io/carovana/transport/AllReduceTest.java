package io.carovana.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AllReduceTest {
  private static final int[] SIZES = {
    1,
    2,
    3,
    7,
    64,
    4096,
    Frame.MAX_PAYLOAD_FLOATS,
    Frame.MAX_PAYLOAD_FLOATS + 1,
    16_383,
    16_384,
    50_001,
    AllReduce.SEGMENT_ELEMENTS,
    AllReduce.SEGMENT_ELEMENTS + 3
  };

  static Stream<Arguments> meshes() {
    return Stream.of(Mesh.Medium.values())
        .flatMap(medium -> Stream.of(1, 2, 3, 5).map(ranks -> Arguments.of(medium, ranks)));
  }

  @ParameterizedTest
  @MethodSource("meshes")
  void sumsToTheBitsOfThePlainTreeAtAllSizes(Mesh.Medium medium, int ranks) throws Exception {
    Random random = new Random(17);
    int[] nodesPerRank = random.ints(ranks, 1, 4).toArray();
    TreeProgram program = Trees.random(nodesPerRank, random);
    float[][][] inputs = new float[SIZES.length][ranks][];
    for (int i = 0; i < SIZES.length; i++) {
      for (int rank = 0; rank < ranks; rank++) {
        inputs[i][rank] = Trees.values(nodesPerRank[rank] * SIZES[i], random);
      }
    }
    try (Mesh mesh = new Mesh(medium, ranks)) {
      List<float[][]> sums =
          mesh.run(
              mesh.topology(3, ranks),
              links -> {
                float[][] mine = new float[SIZES.length][];
                links.beginStep(1);
                for (int i = 0; i < SIZES.length; i++) {
                  mine[i] = new float[SIZES[i]];
                  links.allReduce(program, inputs[i][links.tpRank()], mine[i], SIZES[i], 0);
                }
                links.endStep();
                return mine;
              });
      for (int i = 0; i < SIZES.length; i++) {
        float[] expected = Trees.evaluate(program, inputs[i], SIZES[i]);
        for (float[][] rank : sums) {
          assertThat(rank[i]).as("%d elements", SIZES[i]).isEqualTo(expected);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("meshes")
  void agreesOnTheMaximumOfAllControlWords(Mesh.Medium medium, int ranks) throws Exception {
    int[] nodes = new int[ranks];
    java.util.Arrays.fill(nodes, 1);
    TreeProgram program = Trees.leftToRight(nodes);
    long expected = ranks == 1 ? Control.of(0, 9) : Control.of(ranks - 1, 9);
    try (Mesh mesh = new Mesh(medium, ranks)) {
      List<long[]> agreed =
          mesh.run(
              mesh.topology(1, ranks),
              links -> {
                long own = Control.of(links.tpRank(), 9 - links.tpRank());
                links.beginStep(1);
                float[] small = new float[8];
                float[] large = new float[40_000];
                return new long[] {
                  links.allReduce(program, small, small.clone(), small.length, own),
                  links.allReduce(program, large, large.clone(), large.length, own)
                };
              });
      assertThat(agreed).allSatisfy(words -> assertThat(words).containsOnly(expected));
    }
  }
}
