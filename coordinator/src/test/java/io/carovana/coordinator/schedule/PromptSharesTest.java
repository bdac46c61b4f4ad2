package io.carovana.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PromptSharesTest {
  private static final EngineLimits LIMITS =
      new EngineLimits(1, 0, 1, 1_000_000, 100, 512, 8, 8, true, true);

  private final StepCosts costs = new StepCosts();
  private final PromptShares shares = new PromptShares(new StepBudget(costs, LIMITS));
  private final List<Sequence> prompts = new ArrayList<>();

  PromptSharesTest() {
    costs.prefill(256, 256 * 100.0, 256 * 100); // about 100 us a row
  }

  @Test
  void aLonePromptHasItAll() {
    Sequence lone = add(10_000, false);
    assertThat(shares.divide(prompts, 1e9, 512)).isEqualTo(Map.of(lone, 512));
    assertThat(shares.divide(prompts, 10_000, 512).get(lone)).isBetween(90, 110);
    assertThat(shares.divide(prompts, 0, 512))
        .as("never nothing")
        .isEqualTo(Map.of(lone, StepBudget.LEAST_ROWS));
  }

  @Test
  void theOldestHasHalfAndTheShortestComesNext() {
    Sequence oldest = add(100_000, false);
    Sequence longer = add(5_000, false);
    Sequence shortest = add(100, false);
    Map<Sequence, Integer> rows = shares.divide(prompts, 1e9, 512);
    assertThat(rows.get(oldest)).isBetween(256, 257);
    assertThat(rows.get(shortest)).isEqualTo(100);
    assertThat(rows.get(longer)).isBetween(155, 156);
    assertThat(rows.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(512);
  }

  @Test
  void aShareThatIsNotWorthItIsNotGiven() {
    Sequence oldest = add(100_000, false);
    Sequence other = add(200, false);
    Map<Sequence, Integer> rows = shares.divide(prompts, 650, 512);
    assertThat(rows).as("it can be read between layers").doesNotContainKey(other);
    assertThat(rows.get(oldest)).isBetween(4, 7);
    Sequence almostRead = add(3, false);
    assertThat(shares.divide(prompts, 850, 512)).containsEntry(almostRead, 3);
  }

  @Test
  void aLaterPositionCostsMore() {
    for (int i = 0; i < 50; i++) {
      costs.prefill(100, 100.0 * i * 1_000, 100 * (100 + i * 1_000 * 0.1));
    }
    Sequence late = add(200_000, false);
    late.scheduled = 90_000;
    Sequence early = add(100_000, false);
    Map<Sequence, Integer> rows = shares.divide(prompts, 2_000_000, 100_000);
    assertThat(rows.get(late)).as("a second of 9 ms each").isBetween(95, 115);
    assertThat(rows.get(early)).as("n * 100 us + n * n * 50 ns").isBetween(3_200, 3_800);
  }

  @Test
  void batchHasAnEighthBesideInteractiveAndAllWithout() {
    Sequence batch = add(50_000, true);
    assertThat(shares.divide(prompts, 1e9, 512)).isEqualTo(Map.of(batch, 512));
    Sequence interactive = add(50_000, false);
    Map<Sequence, Integer> rows = shares.divide(prompts, 1e9, 512);
    assertThat(rows.get(batch)).isBetween(64, 65);
    assertThat(rows.get(interactive)).isBetween(447, 448);
  }

  private Sequence add(int length, boolean batch) {
    int number = prompts.size() + 1;
    Sequence sequence =
        new Sequence(number, Requests.of("r" + number, new int[length], 1, "c", batch));
    prompts.add(sequence);
    return sequence;
  }
}
