package io.carovana.protocol.step;

/**
 * The rows of one sequence in a step: a prefill chunk, or one decode token, which guesses at the
 * tokens after it may follow.
 */
public final class SequenceStep {
  /** Which rows' logits are wanted. */
  public enum Logits {
    /** None: a prefill chunk that is not the last. */
    NONE,
    /** Those of the last {@link #sampledRows} rows, from which tokens are sampled. */
    SAMPLED,
    /**
     * Every row's log-probabilities of the token that follows; sampling only if {@link
     * #sampledRows}.
     */
    ALL
  }

  /** The coordinator's number for the sequence, unique within its life. */
  public long sequence;

  /** Position of the first row. */
  public int start;

  /** Number of rows. */
  public int rows;

  /** Token ids, {@code [rows]}. */
  public int[] tokens = new int[16];

  /** Number of KV pages that cover positions {@code [0, start + rows)}. */
  public int pageCount;

  /**
   * The sequence's block table, {@code [pageCount]}: page of positions {@code 32 i .. 32 i + 31}.
   */
  public int[] pages = new int[16];

  /** Which rows' logits are wanted. */
  public Logits logits = Logits.NONE;

  /**
   * Trailing rows from which a token is sampled, 0 for none. Beyond one, the rows after the first
   * of them are guesses: sampling goes on while the token sampled is the one the next row holds.
   */
  public int sampledRows;

  /** The prompt token that follows the last row, for its log-probability; -1 for none. */
  public int nextPromptToken = -1;

  /** Temperature; 0 takes the largest logit. */
  public float temperature;

  /** Nucleus mass, (0, 1]. */
  public float topP = 1;

  /** Seed of the request. */
  public long seed;

  /** Number of the choice ({@code n} &gt; 1). */
  public int choice;

  /** How many best log-probabilities to report beside the sampled one. */
  public int topLogprobs;

  /** Whether to report a log-probability at all. */
  public boolean logprobs;

  /** Whether to report the SHA-256 of the row's logits. */
  public boolean digest;

  void reset() {
    sequence = 0;
    start = 0;
    rows = 0;
    pageCount = 0;
    logits = Logits.NONE;
    sampledRows = 0;
    nextPromptToken = -1;
    temperature = 0;
    topP = 1;
    seed = 0;
    choice = 0;
    topLogprobs = 0;
    logprobs = false;
    digest = false;
  }

  /** Makes room for {@code rows} tokens and {@code pages} pages. */
  public void reserve(int rows, int pages) {
    if (tokens.length < rows) {
      tokens = new int[Math.max(rows, tokens.length * 2)];
    }
    if (this.pages.length < pages) {
      this.pages = java.util.Arrays.copyOf(this.pages, Math.max(pages, this.pages.length * 2));
    }
  }
}
