package io.carovana.coordinator.schedule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Divides a chunk among the prompts that are being read. The oldest has half of it, so that it
 * comes to its end whatever arrives; the rest goes to the shortest first, so that a short prompt
 * has its first token after few chunks, whatever is being read. What one leaves, the next has, if
 * it is not too little: a prompt that is not in the chunk is read between its layers, which is
 * more. Batch prompts come after interactive ones, with an eighth for the oldest of them.
 */
final class PromptShares {
  private static final double OLDEST = 0.5;
  private static final double OLDEST_OF_BATCH = 0.125;

  private static final Comparator<Sequence> SHORTEST =
      Comparator.<Sequence, Boolean>comparing(prompt -> prompt.request.batch())
          .thenComparing(Sequence::pending)
          .thenComparing(prompt -> prompt.number);

  private final StepBudget budget;

  PromptShares(StepBudget budget) {
    this.budget = budget;
  }

  /** The prompt that has the least left, interactive ones first. */
  static Sequence shortest(List<Sequence> prompts) {
    return prompts.stream().min(SHORTEST).orElseThrow();
  }

  /**
   * Rows of each prompt that has any in the chunk.
   *
   * @param prompts oldest first
   * @param us time for all of them
   * @param most rows of all of them
   */
  Map<Sequence, Integer> divide(List<Sequence> prompts, double us, int most) {
    Map<Sequence, Integer> rows = new LinkedHashMap<>();
    if (prompts.isEmpty()) {
      return rows;
    }
    List<Sequence> order = new ArrayList<>(prompts);
    order.sort(SHORTEST);
    Sequence oldest = oldest(prompts, false);
    Sequence oldestOfBatch = oldest(prompts, true);
    double left = us;
    if (oldest != null) {
      left -= add(rows, oldest, us * OLDEST, most / 2 + 1, most);
    }
    if (oldestOfBatch != null) {
      double part = oldest == null ? OLDEST : OLDEST_OF_BATCH;
      left -= add(rows, oldestOfBatch, us * part, (int) (most * part) + 1, most);
    }
    for (Sequence prompt : order) {
      left -= add(rows, prompt, left, most, most);
    }
    return rows;
  }

  private static @Nullable Sequence oldest(List<Sequence> prompts, boolean batch) {
    for (Sequence prompt : prompts) {
      if (prompt.request.batch() == batch) {
        return prompt;
      }
    }
    return null;
  }

  /** Gives a prompt rows for {@code us} more, if that is worth it; the time they take. */
  private double add(
      Map<Sequence, Integer> rows, Sequence prompt, double us, int atMost, int ofAll) {
    int given = rows.values().stream().mapToInt(Integer::intValue).sum();
    int has = rows.getOrDefault(prompt, 0);
    int most = Math.min(Math.min(atMost, ofAll - given), prompt.pending() - has);
    int position = prompt.scheduled + has;
    int more = given == 0 ? budget.rows(position, us, most) : budget.moreRows(position, us, most);
    int least = has > 0 ? 1 : Math.min(StepBudget.LEAST_ROWS, most);
    if (more < Math.max(1, least)) {
      return 0;
    }
    rows.merge(prompt, more, Integer::sum);
    return budget.us(position, more);
  }
}
