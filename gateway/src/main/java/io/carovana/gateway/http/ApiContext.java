package io.carovana.gateway.http;

import io.carovana.gateway.engine.EngineState;
import io.carovana.gateway.generation.JobPlanner;
import io.carovana.gateway.request.Parameters;
import io.carovana.gateway.request.RefusedException;
import io.carovana.gateway.text.ModelText;
import io.carovana.model.prompt.PromptException;
import io.carovana.protocol.Failure;
import io.carovana.protocol.v1.SamplingParams;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What the generating APIs need of the gateway.
 *
 * @param model as clients see it
 * @param seeds draws the seeds of requests that bring none
 * @param limitMs longest run of a request, ms
 */
record ApiContext(ServedModel model, LongSupplier seeds, long limitMs) {
  private static final int RETRY_AFTER_SECONDS = 2;

  /** The tokenizer of a cluster that serves. */
  static ModelText requireServing(EngineState state) throws RefusedException {
    String reason = state.whyNotServing();
    ModelText text = state.text();
    if (reason != null || text == null) {
      throw new RefusedException(
          new Failure.Unavailable(
              reason == null ? "no tokenizer yet" : reason, RETRY_AFTER_SECONDS));
    }
    return text;
  }

  /** Runs what may find a prompt wrong. */
  static <T> T encoding(Supplier<T> encode) throws RefusedException {
    try {
      return encode.get();
    } catch (PromptException e) {
      throw RefusedException.field(e.field(), e.field() + ": " + e.reason());
    }
  }

  JobPlanner planner(EngineState state, ModelText text, String client) {
    return new JobPlanner(text, state.cluster(), limitMs, client);
  }

  AnswerHead head(String id, EngineState state) {
    return new AnswerHead(
        id,
        System.currentTimeMillis() / 1000,
        model.name(state.cluster()),
        model.fingerprint(state.cluster()));
  }

  /** The engine's parameters. It wants a positive top_p, of which the least keeps one token too. */
  SamplingParams.Builder sampling(Parameters parameters) {
    Long seed = parameters.seed();
    return SamplingParams.newBuilder()
        .setTemperature(parameters.temperature())
        .setTopP(Math.max(parameters.topP(), Float.MIN_VALUE))
        .setSeed(seed == null ? seeds.getAsLong() : seed)
        .setDigest(parameters.logitsDigest());
  }
}
