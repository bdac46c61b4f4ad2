package io.carovana.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class StepBudgetTest {
  private static final int LAYERS = 10;
  private static final int CONTEXT = 100_000;
  private static final EngineLimits LIMITS =
      new EngineLimits(1, 0, 1, CONTEXT, 4_000, 512, 8, LAYERS, true, true);

  private final StepCosts costs = new StepCosts();
  private final StepBudget budget = new StepBudget(costs, LIMITS);

  @Test
  void aChunkBesideStreamsIsAsLongAsItsLayersMayTake() {
    learn(100, 0.01);
    costs.decode(4_000);
    double all = StepBudget.LAYER_SHARE * 4_000 * LAYERS;
    assertThat(budget.chunkUs(true))
        .as("less what a row costs")
        .isCloseTo(all - 4_000, within(1.0));
    assertThat(budget.rows(0, budget.chunkUs(true), 512)).isBetween(270, 280);
    assertThat(budget.rows(90_000, budget.chunkUs(true), 512)).isBetween(27, 29);
    assertThat(budget.chunkUs(false)).isCloseTo(250_000 * LAYERS - 4_000, within(1.0));
    assertThat(budget.rows(0, budget.chunkUs(false), 512)).isEqualTo(512);
  }

  @Test
  void predictsALongPromptAloneAndBesideStreams() {
    assertThat(budget.pace().streamFactor()).as("nothing is known").isZero();
    learn(100, 0.01);
    costs.decode(4_000);
    SchedulerView.Pace pace = budget.pace();
    assertThat(pace.contextUs()).isCloseTo(100_000 * (100 + 500.0), within(2e6));
    assertThat(pace.contextBesideUs() / pace.contextUs()).isCloseTo((32 + 40) / 28.0, within(0.1));
    assertThat(pace.streamFactor()).isBetween(2.25, 2.4);
    assertThat(pace.layerBudgetUs()).isCloseTo(3_200, within(1.0));
  }

  @Test
  void saysThatStreamsSufferWhereEvenTheLeastChunkTakesLonger() {
    learn(10_000, 1);
    costs.decode(4_000);
    assertThat(budget.pace().streamFactor())
        .as("4 rows of 110 ms, a tenth of them in a layer")
        .isCloseTo(1 + (4 + 4 * 110.0) / LAYERS / 4 + StepBudget.BESIDE_SHARE, within(1.0));
  }

  @Test
  void aStreamThatWaitsForMoreThanItsStepCanWaitForMoreOfAChunk() {
    learn(100, 0.01);
    costs.decode(4_000);
    costs.decodeUnderWay(6_000);
    assertThat(budget.chunkUs(true))
        .isCloseTo(StepBudget.LAYER_SHARE * 6_000 * LAYERS - 4_000, within(1.0));
  }

  @Test
  void manyOrDearRowsDoNotFitBesideADecode() {
    assertThat(budget.fitsBeside(0, EngineLimits.SHARED_ROWS)).as("nothing is known").isTrue();
    assertThat(budget.fitsBeside(0, EngineLimits.SHARED_ROWS + 1)).isFalse();
    learn(100, 0.01);
    costs.decode(4_000);
    assertThat(budget.fitsBeside(budget.us(0, 15), 15)).isTrue();
    assertThat(budget.fitsBeside(budget.us(50_000, 15), 15)).isFalse();
  }

  private void learn(double tokenUs, double positionUs) {
    for (int start = 0; start < 20_000; start += 256) {
      double positions = 256 * (start + 127.5);
      costs.prefill(256, positions, 256 * tokenUs + positions * positionUs);
    }
  }
}
