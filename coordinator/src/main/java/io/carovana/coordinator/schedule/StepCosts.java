package io.carovana.coordinator.schedule;

/**
 * What steps cost, learned from how long they took. A prompt token at position p takes {@code
 * tokenUs + positionUs * p}: the first part is the weights', the second attention's. Both come from
 * a least-squares fit over past chunks whose weight fades; a decode step has a fading mean. All
 * times are of one stage, microseconds.
 */
final class StepCosts {
  /** Fewer rows say more about what a step costs anyway than about rows. */
  private static final int MIN_ROWS = 8;

  private static final double FADE = 0.9;

  /** Chunks whose positions are in one proportion to their rows leave attention's part unknown. */
  private static final double SINGULAR = 1e-3;

  private double rowsRows;
  private double rowsPositions;
  private double positionsPositions;
  private double rowsTime;
  private double positionsTime;
  private double tokenUs;
  private double positionUs;
  private double decodeUs;

  /** Takes in a chunk of {@code rows} whose positions add up to {@code positions}. */
  void prefill(int rows, double positions, double us) {
    if (rows < MIN_ROWS || us <= 0) {
      return;
    }
    rowsRows = FADE * rowsRows + (double) rows * rows;
    rowsPositions = FADE * rowsPositions + rows * positions;
    positionsPositions = FADE * positionsPositions + positions * positions;
    rowsTime = FADE * rowsTime + rows * us;
    positionsTime = FADE * positionsTime + positions * us;
    fit();
  }

  private void fit() {
    double determinant = rowsRows * positionsPositions - rowsPositions * rowsPositions;
    if (determinant > SINGULAR * rowsRows * positionsPositions) {
      positionUs = (rowsRows * positionsTime - rowsPositions * rowsTime) / determinant;
    }
    positionUs = Math.max(0, positionUs);
    tokenUs = (rowsTime - positionUs * rowsPositions) / rowsRows;
    if (tokenUs < 0) {
      tokenUs = 0;
      positionUs = positionsTime / positionsPositions;
    }
  }

  /** Takes in a step that decoded only. */
  void decode(double us) {
    decodeUs = decodeUs == 0 ? us : FADE * decodeUs + (1 - FADE) * us;
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

  /** Prompt positions {@code [from, to)}, alone. */
  double prefillUs(int from, int to) {
    return (to - from) * (tokenUs + positionUs * ((double) from + to - 1) / 2);
  }
}
