package io.carovana.coordinator.schedule;

/**
 * Guesses the next tokens of one sequence from what it already holds (prompt lookup: A. Saxena,
 * "Prompt Lookup Decoding", 2023): what followed the last time its three newest tokens came, since
 * an edit repeats most of what it edits. A guess costs a row of the step that verifies it; how many
 * are made depends on how many held before.
 */
final class Guesser {
  /** Most guesses of one step. */
  static final int MOST = 8;

  private static final int GRAM = 3;
  private static final int MIN_TABLE = 256;
  private static final int HASH = 0x9E3779B1;

  /** What is thought of guesses before any was verified. */
  private static final double PRIOR = 0.5;

  private static final double LEARNING = 0.15;

  /** How fast a bad experience is forgotten, per token decoded without a guess. */
  private static final double FORGETTING = 0.02;

  private final int[] guesses = new int[MOST];
  private int[] table = new int[0]; // end of the newest gram with this hash; 0 for none
  private int indexed = GRAM - 1; // grams that end before this position are in the table
  private double holds = PRIOR;

  /**
   * Guesses what follows {@code tokens[0, length)}.
   *
   * @param most no more than so many
   * @param rowUs what a row more costs the step
   * @param stepUs what the step costs without
   * @return how many; they are in {@link #guesses}
   */
  int guess(int[] tokens, int length, int most, double rowUs, double stepUs) {
    if (length <= GRAM || most < 1) {
      return 0;
    }
    index(tokens, length - 1);
    int from = table[slot(tokens, length - 1)];
    if (from == 0 || !same(tokens, from, length - 1)) {
      return 0;
    }
    int worth = Math.min(worth(rowUs, stepUs), Math.min(most, MOST));
    if (worth == 0) {
      holds += FORGETTING * (PRIOR - holds);
      return 0;
    }
    // What was found may run into the end; from there on the guesses repeat themselves.
    for (int i = 0; i < worth; i++) {
      int at = from + 1 + i;
      guesses[i] = at < length ? tokens[at] : guesses[at - length];
    }
    return worth;
  }

  int[] guesses() {
    return guesses;
  }

  /** Takes in how many of the guesses of a step held. */
  void verified(int made, int held) {
    for (int i = 0; i < held; i++) {
      holds += LEARNING * (1 - holds);
    }
    if (held < made) {
      holds -= LEARNING * holds;
    }
  }

  /** The number of guesses for which the expected tokens per time are most. */
  private int worth(double rowUs, double stepUs) {
    int best = 0;
    double bestRate = 1 / stepUs;
    double tokens = 1;
    double all = 1;
    for (int k = 1; k <= MOST; k++) {
      all *= holds;
      tokens += all;
      double rate = tokens / (stepUs + k * rowUs);
      if (rate > bestRate) {
        best = k;
        bestRate = rate;
      }
    }
    return best;
  }

  /** Enters the grams that end before {@code end}; the newest of a kind stays. */
  private void index(int[] tokens, int end) {
    if (end > table.length) {
      table = new int[Math.max(MIN_TABLE, Integer.highestOneBit(end) * 4)];
      indexed = GRAM - 1;
    }
    for (; indexed < end; indexed++) {
      table[slot(tokens, indexed)] = indexed;
    }
  }

  private int slot(int[] tokens, int last) {
    int hash = (tokens[last - 2] * HASH + tokens[last - 1]) * HASH + tokens[last];
    return (hash * HASH) >>> (Integer.numberOfLeadingZeros(table.length) + 1);
  }

  private static boolean same(int[] tokens, int a, int b) {
    return tokens[a] == tokens[b]
        && tokens[a - 1] == tokens[b - 1]
        && tokens[a - 2] == tokens[b - 2];
  }
}
