package io.carovana.coordinator.schedule;

/**
 * What one epoch's engine can take.
 *
 * @param ranks ranks that acknowledge each step
 * @param samplingRank global rank whose results carry tokens
 * @param stages pipeline stages
 * @param context longest sequence, tokens
 * @param kvPages pages of the KV pool
 * @param prefillChunk most prompt tokens of one step
 * @param maxSequences most sequences running at once
 * @param layers most layers of a stage: places where a long chunk gives way
 * @param prefixCache whether finished blocks are kept for other requests
 * @param guesses whether tokens are guessed ahead
 */
public record EngineLimits(
    int ranks,
    int samplingRank,
    int stages,
    int context,
    int kvPages,
    int prefillChunk,
    int maxSequences,
    int layers,
    boolean prefixCache,
    boolean guesses) {
  /** Most rows that a step has beside one for each decode: short prompts, and guesses. */
  public static final int SHARED_ROWS = 64;

  /** Refuses limits that would let nothing run. */
  public EngineLimits {
    if (ranks < 1 || stages < 1 || layers < 1 || context < 1 || kvPages < 1) {
      throw new IllegalArgumentException(
          "an engine needs ranks, stages, layers, context and KV pages");
    }
    if (prefillChunk < 1 || maxSequences < 1 || samplingRank < 0 || samplingRank >= ranks) {
      throw new IllegalArgumentException(
          "prefill chunk " + prefillChunk + ", sequences " + maxSequences + ": must be positive");
    }
  }

  /** Most rows any step has. */
  public int maxStepRows() {
    return maxStepRows(prefillChunk, maxSequences);
  }

  /** Most rows of a step with these settings: one long chunk, or decodes with a short one. */
  public static int maxStepRows(int prefillChunk, int maxSequences) {
    return Math.max(prefillChunk, maxSequences + Math.min(prefillChunk, SHARED_ROWS));
  }
}
