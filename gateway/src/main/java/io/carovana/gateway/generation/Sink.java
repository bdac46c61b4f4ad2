package io.carovana.gateway.generation;

import io.carovana.protocol.Failure;

/** Where a generation's text goes; called on the generation's own thread only. */
public interface Sink {
  /** More text of a choice. */
  void text(int choice, TextDelta delta);

  /**
   * A choice ended.
   *
   * @param finishReason {@code stop} or {@code length}
   * @param logitsDigest hex; empty where not asked for, or where a stop string cut generation short
   */
  void end(int choice, String finishReason, String logitsDigest);

  /** Prefill of one of the choices has come this far. */
  void progress(int done, int total);

  /** All choices ended. */
  void done(Usage usage);

  /** The request failed; nothing follows. */
  void failed(Failure failure);

  /**
   * Tokens read and written.
   *
   * @param prompt of all prompts, each counted once
   * @param completion of all choices
   */
  record Usage(int prompt, int completion) {}
}
