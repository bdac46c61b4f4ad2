package io.carovana.coordinator.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.files.ModelFiles;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PlacementPlannerTest {
  private static final long MB = 1L << 20;

  private final ModelFiles demo = ModelFiles.open(Path.of("../model/demo-model"));

  @AfterEach
  void close() {
    demo.close();
  }

  @Test
  void takesTheLargestNodesAndSaysWhatLimits() {
    PlacementProposal proposal =
        planner(2, 1, List.of(), 0)
            .propose(List.of(node("a", 60), node("b", 100), node("c", 80)), List.of());

    PlacementProposal.Placed placed = (PlacementProposal.Placed) proposal;
    assertThat(placed.nodes()).containsExactly("b", "c");
    assertThat(placed.context()).isGreaterThan(512).isLessThan(131_072);
    assertThat(placed.kvPages() * 32).isGreaterThanOrEqualTo(placed.context());
    assertThat(placed.explanation())
        .contains("2 workers", "rank 0 on b", "rank 1 on c", "limit: the memory of c")
        .contains("longer than the 16384 positions");
  }

  @Test
  void anEightBitKvCacheLeavesRoomForMoreTokens() {
    List<NodeOffer> nodes = List.of(node("a", 60));
    Precision q8 = new Precision(Quantization.NONE, KvProfile.Q8);
    PlacementRules rules = new PlacementRules(1, 1, List.of(), q8, 0, 128, 8);
    var full = (PlacementProposal.Placed) planner(1, 1, List.of(), 0).propose(nodes, List.of());
    var quarter =
        (PlacementProposal.Placed) new PlacementPlanner(demo, rules).propose(nodes, List.of());

    assertThat(quarter.kvPages()).isBetween(3 * full.kvPages(), 4 * full.kvPages());
    assertThat(quarter.explanation())
        .startsWith("1 worker: 1 stage of 1 tensor-parallel rank, even split")
        .contains("KV pool in q8");
  }

  @Test
  void keepsNodesAtTheirRanks() {
    PlacementProposal proposal =
        planner(2, 1, List.of(), 512)
            .propose(List.of(node("a", 100), node("b", 100), node("c", 900)), List.of("x", "a"));

    assertThat(((PlacementProposal.Placed) proposal).nodes()).containsExactly("c", "a");
  }

  @Test
  void splitsAsAsked() {
    PlacementProposal proposal =
        planner(2, 1, List.of(3.0, 1.0), 512)
            .propose(List.of(node("a", 100), node("b", 100)), List.of());

    var ranks = ((PlacementProposal.Placed) proposal).plan().ranks();
    assertThat(ranks.get(0).kvGroups().size()).isEqualTo(3);
    assertThat(ranks.get(1).kvGroups().size()).isEqualTo(1);
  }

  @Test
  void refusesWhatDoesNotFitWithNumbers() {
    PlacementProposal proposal =
        planner(1, 1, List.of(), 100_000).propose(List.of(node("small", 40)), List.of());

    assertThat(proposal).isInstanceOf(PlacementProposal.Refused.class);
    assertThat(proposal.explanation())
        .contains("small", "40.0 MiB free", "does not fit", "--context");
  }

  @Test
  void refusesMoreRanksThanKvHeads() {
    List<NodeOffer> nodes =
        List.of(node("a", 90), node("b", 90), node("c", 90), node("d", 90), node("e", 90));

    PlacementProposal proposal = planner(5, 1, List.of(), 512).propose(nodes, List.of());

    assertThat(proposal.explanation()).contains("KV heads", "fewer workers");
  }

  @Test
  void waitsForEnoughNodes() {
    PlacementProposal proposal =
        planner(2, 2, List.of(), 0).propose(List.of(node("a", 90)), List.of());

    assertThat(proposal.explanation()).isEqualTo("waiting for workers: 1 of 2 are there");
  }

  @Test
  void namesOptionsThatContradictEachOther() {
    assertThatThrownBy(() -> planner(3, 2, List.of(), 0)).hasMessageContaining("--stages 2");
    assertThatThrownBy(() -> planner(2, 1, List.of(1.0), 0)).hasMessageContaining("--split");
  }

  private PlacementPlanner planner(int ranks, int stages, List<Double> split, int context) {
    return new PlacementPlanner(
        demo, new PlacementRules(ranks, stages, split, Precision.AS_STORED, context, 128, 8));
  }

  private static NodeOffer node(String name, long megabytes) {
    return new NodeOffer(name, megabytes * MB, 1);
  }
}
