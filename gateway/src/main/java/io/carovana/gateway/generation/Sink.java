package io.carovana.gateway.generation;

import io.carovana.gateway.engine.Engine;
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

  /** The prompts have been read this far, which is further than before; each counts once. */
  void progress(Engine.Reading reading);

  /** All choices ended. */
  void done(Usage usage);

  /** The request failed; nothing follows. */
  void failed(Failure failure);

  /**
   * Tokens read and written.
   *
   * @param prompt of all prompts, each counted once
   * @param cached of {@code prompt}, what none of a prompt's choices had to read
   * @param completion of all choices
   * @param guesses of all choices that ended by themselves
   */
  record Usage(int prompt, int cached, int completion, Guesses guesses) {}

  /**
   * Tokens guessed ahead and verified.
   *
   * @param held those that were right, and so are part of the answer
   * @param failed the others, which cost time and nothing else
   */
  record Guesses(int held, int failed) {}
}
