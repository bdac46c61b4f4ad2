package io.carovana.coordinator.schedule;

/**
 * What steps cost, learned from how long they took. A step that decodes one row takes {@code
 * decodeUs}: it reads all weights. A row more, a prompt token at position p, adds {@code tokenUs +
 * positionUs * p}: the first part is the weights', the second attention's. Both come from a
 * least-squares fit over past chunks, which weigh less the more rows were seen since. All times are
 * of one stage, microseconds.
 */
final class StepCosts {
  /** Fewer rows say more about what a step costs anyway than about rows. */
  private static final int MIN_ROWS = 4;

  /** After so many rows more, what was seen before weighs 1/e of what it did. */
  private static final double MEMORY_ROWS = 2_000;

  private static final double DECODE_FADE = 0.9;

  /** The slowest tenth of steps is what streams have to bear anyway. */
  private static final double SLOW_QUANTILE = 0.9;

  /** By what part of itself one step moves the estimate of a slow one. */
  private static final double QUANTILE_STEP = 0.03;

  /** Chunks whose positions are in one proportion to their rows leave attention's part unknown. */
  private static final double SINGULAR = 1e-3;

  /** The weights' part is never less than this part of all. */
  private static final double LEAST_TOKEN_PART = 0.02;

  private double rowsRows;
  private double rowsPositions;
  private double positionsPositions;
  private double rowsTime;
  private double positionsTime;
  private double tokenUs;
  private double positionUs;
  private double decodeUs;
  private double wayUs;
  private double slowWayUs;
  private long lessons;

  /** Takes in a chunk of {@code rows} whose positions add up to {@code positions}. */
  void prefill(int rows, double positions, double us) {
    if (rows < MIN_ROWS || us <= 0) {
      return;
    }
    double own = Math.max(us - decodeUs, us * rows / (rows + MIN_ROWS) / 2);
    double fade = Math.exp(-rows / MEMORY_ROWS);
    rowsRows = fade * rowsRows + (double) rows * rows;
    rowsPositions = fade * rowsPositions + rows * positions;
    positionsPositions = fade * positionsPositions + positions * positions;
    rowsTime = fade * rowsTime + rows * own;
    positionsTime = fade * positionsTime + positions * own;
    lessons++;
    fit();
  }

  private void fit() {
    double determinant = rowsRows * positionsPositions - rowsPositions * rowsPositions;
    if (determinant > SINGULAR * rowsRows * positionsPositions) {
      positionUs = (rowsRows * positionsTime - rowsPositions * rowsTime) / determinant;
    }
    positionUs = Math.max(0, positionUs);
    double least = LEAST_TOKEN_PART * rowsTime / rowsRows;
    tokenUs = (rowsTime - positionUs * rowsPositions) / rowsRows;
    if (tokenUs < least) {
      tokenUs = least;
      positionUs = Math.max(0, positionsTime - least * rowsPositions) / positionsPositions;
    }
  }

  /** Takes in a step that decoded only. */
  void decode(double us) {
    lessons++;
    decodeUs = decodeUs == 0 ? us : DECODE_FADE * decodeUs + (1 - DECODE_FADE) * us;
  }

  /** Takes in how long one such step was under way that had the ranks to itself. */
  void decodeUnderWay(double us) {
    wayUs = wayUs == 0 ? us : DECODE_FADE * wayUs + (1 - DECODE_FADE) * us;
    // Stochastic approximation: at rest when the part of steps below it is the quantile.
    double up = us > slowWayUs ? SLOW_QUANTILE : SLOW_QUANTILE - 1;
    slowWayUs = slowWayUs == 0 ? us : slowWayUs * (1 + QUANTILE_STEP * up);
  }

  /** Time between two tokens of a stream that nothing disturbs; 0 when unknown. */
  double paceUs() {
    return Math.max(decodeUs, wayUs);
  }

  /**
   * The same of one in ten steps, the slowest: where processes share cores that is several times as
   * long, and disturbs whoever watches a stream as much as a chunk that takes as long.
   */
  double slowPaceUs() {
    return Math.max(paceUs(), slowWayUs);
  }

  /** How often something was taken in that changes what is predicted. */
  long lessons() {
    return lessons;
  }

  /** Whether a chunk was seen. */
  boolean known() {
    return rowsRows > 0;
  }

  /** One prompt token, without what is before it; 0 when unknown. */
  double tokenUs() {
    return tokenUs;
  }

  /** More for each position before it. */
  double positionUs() {
    return positionUs;
  }

  /** A step that decodes only; 0 when unknown. */
  double decodeUs() {
    return decodeUs;
  }

  /** One prompt token at {@code position}. */
  double rowUs(int position) {
    return tokenUs + positionUs * position;
  }

  /** Rows from {@code position} on that take {@code us}; infinite where they cost nothing. */
  double rowsWithin(int position, double us) {
    double one = rowUs(position);
    // n * one + positionUs * n^2 / 2 = us, solved so that a positionUs of zero does no harm.
    return 2 * us / (one + Math.sqrt(one * one + 2 * positionUs * us));
  }

  /** Prompt positions {@code [from, to)}, without what a step costs anyway. */
  double prefillUs(int from, int to) {
    return (to - from) * (tokenUs + positionUs * ((double) from + to - 1) / 2);
  }
}
