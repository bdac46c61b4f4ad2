package io.carovana.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class GuesserTest {
  private static final double CHEAP = 1;
  private static final double STEP = 100;

  private final Guesser guesser = new Guesser();

  @Test
  void guessesWhatFollowedTheLastTime() {
    int[] tokens = {1, 2, 3, 4, 5, 6, 9, 9, 2, 3, 4};
    assertThat(guesses(tokens, 3)).containsExactly(5, 6, 9);
  }

  @Test
  void prefersTheNewestOfSeveral() {
    int[] tokens = {1, 2, 3, 4, 0, 1, 2, 3, 5, 0, 1, 2, 3};
    assertThat(guesses(tokens, 1)).containsExactly(5);
  }

  @Test
  void goesRoundWhereWhatItFoundEnds() {
    int[] tokens = {7, 8, 7, 8, 7, 8};
    assertThat(guesses(tokens, 5)).containsExactly(7, 8, 7, 8, 7);
  }

  @Test
  void makesNoGuessWithoutAnEqualBeginning() {
    assertThat(guesses(new int[] {1, 2, 3, 4, 5, 6, 7}, 8)).isEmpty();
    assertThat(guesses(new int[] {1, 1, 1}, 8)).isEmpty();
    assertThat(guesses(new int[] {1, 2, 3, 9, 1, 2, 3}, 0)).isEmpty();
  }

  @Test
  void findsWhatWasAddedMeanwhile() {
    int[] tokens = Arrays.copyOf(Requests.counting(0, 400), 800);
    assertThat(guesser.guess(tokens, 400, 8, CHEAP, STEP)).isZero();
    System.arraycopy(Requests.counting(390, 8), 0, tokens, 400, 8);
    int made = guesser.guess(tokens, 408, 2, CHEAP, STEP);
    assertThat(Arrays.copyOf(guesser.guesses(), made)).containsExactly(398, 399);
  }

  @Test
  void stopsGuessingWhatNeverHoldsAndTriesAgainLater() {
    int[] tokens = {1, 2, 3, 4, 5, 1, 2, 3};
    double rowUs = STEP / 6;
    int rows = 0;
    int late = 0;
    for (int step = 0; step < 1_000; step++) {
      int made = guesser.guess(tokens, 8, 8, rowUs, STEP);
      if (made > 0) {
        guesser.verified(made, 0);
      }
      rows += made;
      late += step < 500 ? 0 : made;
    }
    assertThat(rows * rowUs).as("time for guesses").isLessThan(0.05 * 1_000 * STEP);
    assertThat(late).as("tries again").isPositive();
  }

  @Test
  void guessesMoreTheMoreHolds() {
    int[] tokens = new int[100];
    double rowUs = STEP / 4;
    int doubtful = guesser.guess(tokens, 100, 8, rowUs, STEP);
    for (int i = 0; i < 10; i++) {
      guesser.verified(doubtful, doubtful);
    }
    assertThat(guesser.guess(tokens, 100, 8, rowUs, STEP)).isGreaterThan(2 * doubtful);
    assertThat(guesser.guess(tokens, 100, 8, 10 * STEP, STEP)).as("too dear a row").isZero();
  }

  private int[] guesses(int[] tokens, int most) {
    int made = guesser.guess(tokens, tokens.length, most, CHEAP, STEP);
    return Arrays.copyOf(guesser.guesses(), made);
  }
}
