package io.carovana.worker.local;

import java.util.List;

/**
 * What a generation gave.
 *
 * @param promptIds the prompt
 * @param ids generated token ids, without the one that ended them
 * @param finishReason {@code stop} when a stop token came, {@code length} when {@code maxTokens} or
 *     the context ended it
 * @param tokens one entry per generated token, when log-probabilities were asked for
 * @param promptTokens one entry per prompt token but the first, when asked for
 * @param logitsDigest hex SHA-256 over the SHA-256 of every sampled row's logits (little-endian
 *     f32), the row that gave the stop token included; empty when not asked for
 * @param timings how long it took
 */
@SuppressWarnings("ArrayRecordComponent") // token ids are primitive arrays everywhere
public record GenerateResult(
    int[] promptIds,
    int[] ids,
    String finishReason,
    List<TokenLogprob> tokens,
    List<TokenLogprob> promptTokens,
    String logitsDigest,
    Timings timings) {

  /**
   * The log-probability of a token and of the best alternatives at its place.
   *
   * @param id the token
   * @param logprob its natural-log probability at temperature 1
   * @param topIds the best ids, best first
   * @param topLogprobs their log-probabilities
   */
  @SuppressWarnings("ArrayRecordComponent") // parallel to the ids
  public record TokenLogprob(int id, float logprob, int[] topIds, float[] topLogprobs) {}

  /**
   * How long a generation took.
   *
   * @param prefillSeconds from the request to its first token
   * @param decodeSeconds from the first token to the last
   * @param prefillTokens prompt tokens
   * @param decodeTokens tokens after the first
   */
  public record Timings(
      double prefillSeconds, double decodeSeconds, int prefillTokens, int decodeTokens) {
    /** Prompt tokens per second. */
    public double prefillTokensPerSecond() {
      return prefillSeconds == 0 ? 0 : prefillTokens / prefillSeconds;
    }

    /** Tokens per second after the first. */
    public double decodeTokensPerSecond() {
      return decodeSeconds == 0 ? 0 : decodeTokens / decodeSeconds;
    }
  }
}
