package io.carovana.transport;

/** The steps that run within one another, and how many operations each has had. */
final class StepStack {
  /** Between steps, in a step, and in an urgent one within it. */
  private static final int MAX_DEPTH = 3;

  private final long[] steps = new long[MAX_DEPTH];
  private final int[] operations = new int[MAX_DEPTH];
  private int depth;

  void begin(long step) {
    if (step <= 0 || depth + 1 == MAX_DEPTH) {
      throw new IllegalStateException("step " + step + " at depth " + depth);
    }
    depth++;
    steps[depth] = step;
    operations[depth] = 0;
  }

  void end() {
    if (depth == 0) {
      throw new IllegalStateException("no step to end");
    }
    depth--;
  }

  /** The innermost step, 0 between steps. */
  long current() {
    return steps[depth];
  }

  /** Number of the innermost step's next operation, from 1. */
  int nextOperation() {
    return ++operations[depth];
  }
}
