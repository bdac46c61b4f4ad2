package io.carovana.coordinator.schedule;

/**
 * One choice of one client request.
 *
 * @param id unique among live requests
 * @param owner incarnation of the gateway that asked
 * @param prompt token ids, at least one
 * @param emitted tokens already sent, when the request was submitted before
 * @param sampling how tokens are chosen and what is reported beside them
 * @param maxTokens most tokens emitted, those in {@code emitted} included
 * @param stopIds ids that end generation and are not emitted
 * @param deadlineNs monotonic time at which the request fails; {@link #NO_DEADLINE} for never
 * @param client whose request it is, for fairness
 * @param batch whether it gives way to interactive ones
 */
@SuppressWarnings("ArrayRecordComponent") // compared by identity, never by content
public record Request(
    String id,
    String owner,
    int[] prompt,
    int[] emitted,
    Sampling sampling,
    int maxTokens,
    int[] stopIds,
    long deadlineNs,
    String client,
    boolean batch) {
  /** Owner of requests that the coordinator makes itself, to see that the engine works. */
  public static final String PROBE_OWNER = "";

  /** No deadline. */
  public static final long NO_DEADLINE = Long.MAX_VALUE;

  /**
   * How tokens are chosen and what is reported beside them.
   *
   * @param temperature 0 takes the largest logit
   * @param topP nucleus mass, (0, 1]
   * @param seed seed of the request
   * @param choice number of the choice
   * @param topLogprobs alternatives beside each token
   * @param logprobs whether log-probabilities are reported
   * @param promptLogprobs whether those of the prompt are
   * @param digest whether the logits of the emitted rows are digested
   */
  public record Sampling(
      float temperature,
      float topP,
      long seed,
      int choice,
      int topLogprobs,
      boolean logprobs,
      boolean promptLogprobs,
      boolean digest) {
    /** The largest logit wins; nothing is reported beside the token. */
    public static final Sampling GREEDY = new Sampling(0, 1, 0, 0, 0, false, false, false);
  }

  /** A request that always asks for the same one token. */
  public static Request probe(String id, int token) {
    Sampling digested = new Sampling(0, 1, 0, 0, 0, false, false, true);
    int[] none = {};
    return new Request(
        id, PROBE_OWNER, new int[] {token}, none, digested, 1, none, NO_DEADLINE, "", false);
  }

  /** Whether the coordinator asks itself. */
  boolean isProbe() {
    return owner.equals(PROBE_OWNER);
  }

  boolean stopsAt(int token) {
    for (int id : stopIds) {
      if (id == token) {
        return true;
      }
    }
    return false;
  }

  /** Tokens of the longest form of this sequence. */
  long longest() {
    return (long) prompt.length + Math.max(maxTokens, emitted.length);
  }

  /** Whether something is left to compute at all. */
  boolean wantsWork() {
    return maxTokens > emitted.length || (maxTokens == 0 && sampling.promptLogprobs());
  }
}
