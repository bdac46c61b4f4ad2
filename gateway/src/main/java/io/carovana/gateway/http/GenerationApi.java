package io.carovana.gateway.http;

import io.carovana.gateway.engine.EngineState;
import io.carovana.gateway.generation.Job;
import io.carovana.gateway.request.RefusedException;

/** One API that generates text: from a body to work for the engine, and the shape of its answer. */
interface GenerationApi {
  /** The label of its metrics. */
  String name();

  /** Parses, checks and tokenizes what {@code client} sent; runs on a parser thread. */
  Prepared prepare(byte[] body, EngineState state, String client) throws RefusedException;

  /**
   * What is to be done.
   *
   * @param stream whether to answer token by token
   * @param includeUsage whether a stream ends with a usage chunk
   */
  record Prepared(Job job, Dialect dialect, boolean stream, boolean includeUsage) {}
}
