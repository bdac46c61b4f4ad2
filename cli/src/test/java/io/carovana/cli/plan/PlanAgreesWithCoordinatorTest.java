package io.carovana.cli.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.cli.model.FitCheck;
import io.carovana.coordinator.placement.NodeOffer;
import io.carovana.coordinator.placement.PlacementPlanner;
import io.carovana.coordinator.placement.PlacementProposal;
import io.carovana.coordinator.placement.PlacementProposal.Placed;
import io.carovana.coordinator.placement.PlacementRules;
import io.carovana.model.files.PublishedShape;
import io.carovana.model.files.ShapeOnly;
import io.carovana.model.files.StorageFormat;
import io.carovana.model.memory.KvDemand;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A plan fits exactly where the coordinator, started as the plan says, has the pages for it. */
class PlanAgreesWithCoordinatorTest {
  private static final int CHUNK = 256;
  private static final int MAX_SEQUENCES = 8;

  @Test
  void thePlannedLoadIsWhatThePoolHolds() {
    long seed = 11;
    Random random = new Random(seed);
    int fitting = 0;
    int rounds = 200;
    for (int round = 0; round < rounds; round++) {
      Arrangement arrangement = arrangement(random);
      PublishedShape shape =
          PublishedShape.values()[random.nextInt(PublishedShape.values().length)];
      ShapeOnly model = new ShapeOnly(shape.id(), shape.config(), StorageFormat.BF16);
      boolean fits = new Forecaster(model, CHUNK, MAX_SEQUENCES).of(arrangement).fits();
      fitting += fits ? 1 : 0;
      assertThat(placed(model, arrangement))
          .as("seed %d, round %d: %s of %s", seed, round, arrangement, shape)
          .isEqualTo(fits);
    }
    assertThat(fitting).isBetween(rounds / 5, rounds * 4 / 5); // both answers were tried
  }

  private static Arrangement arrangement(Random random) {
    List<NodeSize> nodes = new ArrayList<>();
    int count = 1 + random.nextInt(8);
    for (int i = 0; i < count; i++) {
      nodes.add(NodeSize.ofBytes((4L << random.nextInt(6)) << 30));
    }
    List<Double> split = new ArrayList<>();
    for (int i = 0; i < count && random.nextInt(9) < 8; i++) {
      split.add(1.0 + random.nextInt(3));
    }
    boolean stages = split.size() != count && count % 2 == 0 && random.nextBoolean();
    return new Arrangement(
        nodes,
        stages ? 2 : 1,
        split.size() == count ? split : List.of(),
        new Precision(
            Quantization.values()[random.nextInt(Quantization.values().length)],
            KvProfile.values()[random.nextInt(KvProfile.values().length)]),
        new KvDemand(1 + random.nextInt(40_000), 1 + random.nextInt(MAX_SEQUENCES)));
  }

  /** Whether the coordinator has pages for the load on workers with the memory of the plan. */
  private static boolean placed(ShapeOnly model, Arrangement arrangement) {
    PlacementRules rules =
        new PlacementRules(
            arrangement.nodes().size(),
            arrangement.stages(),
            arrangement.split(),
            arrangement.precision(),
            arrangement.demand().context(),
            CHUNK + MAX_SEQUENCES,
            MAX_SEQUENCES);
    List<NodeOffer> offers = new ArrayList<>();
    for (NodeSize node : arrangement.nodes()) {
      long memory = node.bytes() - FitCheck.PER_RANK_BYTES;
      offers.add(new NodeOffer("node-" + (offers.size() + 1), memory, 1));
    }
    PlacementProposal proposal = new PlacementPlanner(model, rules).propose(offers, List.of());
    return proposal instanceof Placed placed && placed.kvPages() >= arrangement.demand().pages();
  }
}
