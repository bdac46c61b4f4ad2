package io.carovana.worker.local;

import java.util.Set;

/**
 * One generation.
 *
 * @param promptIds token ids of the prompt, not empty
 * @param maxTokens most tokens to generate
 * @param stopIds tokens that end the generation and are not part of it (eos, EOT)
 * @param temperature 0 takes the largest logit
 * @param topP nucleus mass, (0, 1]
 * @param seed seed of the randomness
 * @param choice number of the choice
 * @param logprobs whether to report log-probabilities
 * @param topLogprobs how many best log-probabilities to report beside each, at most 20
 * @param promptLogprobs whether to report the log-probability of every prompt token but the first
 * @param digest whether to digest the logits of the generated positions
 */
@SuppressWarnings("ArrayRecordComponent") // token ids are primitive arrays everywhere
public record GenerateRequest(
    int[] promptIds,
    int maxTokens,
    Set<Integer> stopIds,
    float temperature,
    float topP,
    long seed,
    int choice,
    boolean logprobs,
    int topLogprobs,
    boolean promptLogprobs,
    boolean digest) {

  /** Checks ranges; names the field that is out of them. */
  public GenerateRequest {
    stopIds = Set.copyOf(stopIds);
    if (promptIds.length == 0) {
      throw new IllegalArgumentException("the prompt is empty");
    }
    if (maxTokens < 0) {
      throw new IllegalArgumentException("max_tokens must not be negative, is " + maxTokens);
    }
    if (!(temperature >= 0) || Float.isInfinite(temperature)) {
      throw new IllegalArgumentException("temperature must be at least 0, is " + temperature);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("top_p must be in (0, 1], is " + topP);
    }
    if (topLogprobs < 0 || topLogprobs > 20) {
      throw new IllegalArgumentException("top_logprobs must be 0 to 20, is " + topLogprobs);
    }
  }

  /** Greedy, with logits digested and nothing else reported. */
  public static GenerateRequest greedy(int[] promptIds, int maxTokens, Set<Integer> stopIds) {
    return new GenerateRequest(promptIds, maxTokens, stopIds, 0, 1, 0, 0, false, 0, false, true);
  }
}
