package io.carovana.coordinator.schedule;

/**
 * How much prompt a step may read, in microseconds of one stage. A running stream waits for at most
 * one layer of a chunk and then for the step that decodes it, so with both shares the slowest of
 * its tokens take at most {@code 1 + LAYER_SHARE + BESIDE_SHARE} times as long, less what a layer
 * runs while the stream waits for the coordinator anyway. And a prompt that is read beside streams
 * that decode without pause has {@code LAYER_SHARE} of their time, less what a step costs that has
 * few rows.
 */
final class StepBudget {
  /**
   * A layer of a chunk, in parts of the time between two tokens of an undisturbed stream: of the
   * slowest in ten, for chunks of a few rows read all keys before them for little work.
   */
  static final double LAYER_SHARE = 0.8;

  /** What of short prompts joins the decodes of a step, in parts of a decode step. */
  static final double BESIDE_SHARE = 0.5;

  /** A layer of a chunk when nothing decodes: how long a newcomer or a cancel may have to wait. */
  static final double LONGEST_LAYER_US = 250_000;

  /** A chunk never has fewer rows, however long they take. */
  static final int LEAST_ROWS = 4;

  private final StepCosts costs;
  private final EngineLimits limits;
  private SchedulerView.Pace pace = SchedulerView.Pace.UNKNOWN;
  private long paceLessons;

  StepBudget(StepCosts costs, EngineLimits limits) {
    this.costs = costs;
    this.limits = limits;
  }

  /** Time for the rows of a chunk that has a step to itself. */
  double chunkUs(boolean decoding) {
    if (!costs.known()) {
      return Double.MAX_VALUE;
    }
    double layer = LONGEST_LAYER_US;
    if (decoding && costs.decodeUs() > 0) {
      layer = Math.min(layer, LAYER_SHARE * costs.slowPaceUs());
    }
    return Math.max(0, layer * limits.layers() - costs.decodeUs());
  }

  /** Rows of a chunk that begins at {@code position} and takes {@code us}; at most {@code most}. */
  int rows(int position, double us, int most) {
    return Math.min(most, Math.max(LEAST_ROWS, moreRows(position, us, most)));
  }

  /** As {@link #rows}, but none if {@code us} is too short for one. */
  int moreRows(int position, double us, int most) {
    return us <= 0 ? 0 : (int) Math.min(most, costs.rowsWithin(position, us));
  }

  /**
   * What a prompt as long as the context takes, alone and beside streams that decode without pause,
   * and what those streams then have to bear; worked out again only when something was learnt.
   */
  SchedulerView.Pace pace() {
    if (costs.lessons() != paceLessons) {
      paceLessons = costs.lessons();
      pace = predict();
    }
    return pace;
  }

  private SchedulerView.Pace predict() {
    double decodeUs = costs.decodeUs();
    if (!costs.known() || decodeUs == 0) {
      return new SchedulerView.Pace(costs.tokenUs(), costs.positionUs(), decodeUs, 0, 0, 0, 0);
    }
    double chunkUs = chunkUs(true);
    double besideUs = 0;
    double layerUs = 0;
    for (int position = 0; position < limits.context(); ) {
      int most = Math.min(limits.prefillChunk(), limits.context() - position);
      int rows = rows(position, chunkUs, most);
      double us = decodeUs + us(position, rows);
      besideUs += us + limits.layers() * decodeUs;
      layerUs = Math.max(layerUs, us / limits.layers());
      position += rows;
    }
    return new SchedulerView.Pace(
        costs.tokenUs(),
        costs.positionUs(),
        decodeUs,
        (decodeUs + chunkUs) / limits.layers(),
        us(0, limits.context()),
        besideUs,
        1 + (layerUs + BESIDE_SHARE * decodeUs) / costs.paceUs());
  }

  /** What {@code rows} from {@code position} on take. */
  double us(int position, int rows) {
    return costs.prefillUs(position, position + rows);
  }

  /** Time for short prompts in a step that also decodes. */
  double besideUs() {
    return BESIDE_SHARE * costs.decodeUs();
  }

  /** Whether prompts that take {@code us} may be read in the step that decodes, to their end. */
  boolean fitsBeside(double us, int rows) {
    boolean known = costs.known() && costs.decodeUs() > 0;
    return rows <= EngineLimits.SHARED_ROWS && (!known || us <= 2 * besideUs());
  }
}
