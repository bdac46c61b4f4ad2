package io.carovana.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class StepCostsTest {
  private final StepCosts costs = new StepCosts();

  @Test
  void learnsBothPartsFromChunksOfAGrowingPrompt() {
    Random random = new Random(3);
    for (int start = 0; start < 20_000; start += 256) {
      double positions = 256 * (start + 127.5);
      double us = 256 * 90 + positions * 0.02;
      costs.prefill(256, positions, us * (0.95 + 0.1 * random.nextDouble()));
    }
    assertThat(costs.known()).isTrue();
    assertThat(costs.positionUs()).isCloseTo(0.02, within(0.003));
    assertThat(costs.rowUs(20_000)).isCloseTo(490, within(30.0));
    assertThat(costs.prefillUs(10_000, 20_000)).isCloseTo(3.9e6, within(0.2e6));
  }

  @Test
  void forgetsHowSlowThingsWere() {
    for (int i = 0; i < 20; i++) {
      costs.prefill(100, 100 * 49.5, 100 * 5_000);
    }
    for (int i = 0; i < 200; i++) {
      costs.prefill(100, 100 * 49.5, 100 * 50);
    }
    assertThat(costs.rowUs(50)).isCloseTo(50, within(15.0));
  }

  @Test
  void neverTakesAPartForLessThanNothing() {
    costs.prefill(64, 64 * 31.5, 100_000);
    costs.prefill(64, 64 * 5_000.0, 10_000);
    assertThat(costs.positionUs()).isNotNegative();
    assertThat(costs.tokenUs()).isNotNegative();
    costs.prefill(64, 64 * 5_000.0, 9_000_000);
    assertThat(costs.tokenUs()).isNotNegative();
    assertThat(costs.rowUs(0)).isNotNegative();
  }

  @Test
  void aShortChunkDoesNotPutWhatAStepCostsOnItsRows() {
    costs.decode(20_000);
    for (int start = 0; start < 4_000; start += 256) {
      costs.prefill(256, 256 * (start + 127.5), 20_000 + 256 * 100);
    }
    costs.prefill(16, 16 * 4_000.0, 20_000 + 16 * 100);
    costs.prefill(4, 4 * 4_000.0, 20_000 + 4 * 100);
    assertThat(costs.rowUs(100)).isCloseTo(100, within(10.0));
  }

  @Test
  void looksAtNoChunkOfAFewRows() {
    costs.prefill(3, 3, 1_000);
    assertThat(costs.known()).isFalse();
    costs.decode(1_000);
    costs.decode(2_000);
    assertThat(costs.decodeUs()).isBetween(1_000.0, 1_200.0);
  }

  @Test
  void theSlowPaceIsThatOfTheSlowestTenth() {
    Random random = new Random(4);
    costs.decodeUnderWay(90_000); // the first step of all is far slower than any
    for (int i = 0; i < 4_000; i++) {
      costs.decodeUnderWay(1_000 + 9_000 * random.nextDouble());
    }
    assertThat(costs.slowPaceUs()).isCloseTo(9_100, within(900.0));
  }

  @Test
  void whereAllStepsTakeTheSameTheSlowPaceIsThePace() {
    for (int i = 0; i < 1_000; i++) {
      costs.decodeUnderWay(5_000);
    }
    assertThat(costs.slowPaceUs()).isBetween(5_000.0, 5_200.0);
  }
}
