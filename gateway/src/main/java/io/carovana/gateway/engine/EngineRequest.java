package io.carovana.gateway.engine;

import io.carovana.protocol.v1.Priority;
import io.carovana.protocol.v1.SamplingParams;
import java.util.List;

/**
 * One choice to generate.
 *
 * @param id unique among all requests of all gateways
 * @param prompt token ids, with everything the model is to see
 * @param sampling how to choose tokens, seed included
 * @param maxTokens most tokens to generate
 * @param stopIds tokens that end generation and are not emitted
 * @param limitMs longest duration, ms; {@link #NO_LIMIT} where the gateway alone watches it
 * @param client whose request it is, for fairness between clients
 * @param priority whose turn it is when not all can run
 */
public record EngineRequest(
    String id,
    int[] prompt,
    SamplingParams sampling,
    int maxTokens,
    List<Integer> stopIds,
    long limitMs,
    String client,
    Priority priority) {
  /** No duration is too long for the coordinator. */
  public static final long NO_LIMIT = 0;
}
