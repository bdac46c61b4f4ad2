package io.carovana.gateway.engine;

import io.carovana.protocol.Failure;
import io.carovana.protocol.v1.Token;
import java.util.List;

/**
 * What generates tokens, as HTTP sees it. All methods may be called from any thread and none waits.
 */
public interface Engine {
  /**
   * Starts one request. The listener hears of it from any thread, one call at a time, in order; the
   * last call is {@link Listener#finished} or {@link Listener#failed}, exactly once.
   */
  Running submit(EngineRequest request, Listener listener);

  /** What is known of the cluster now. */
  EngineState state();

  /** A request on its way. */
  interface Running {
    /** Ends it; no listener call follows that had not already begun. Harmless when it has ended. */
    void cancel(String reason);
  }

  /** Hears what becomes of one request. */
  interface Listener {
    /**
     * The next tokens, none twice and none missing; {@code prompt} comes with the first, if asked
     * for.
     */
    void tokens(List<Token> tokens, List<Token> prompt);

    /** The prompt has been read this far. */
    void progress(Reading reading);

    /** Generation ended by itself. */
    void finished(End end);

    /** Generation ended in a failure. */
    void failed(Failure failure);
  }

  /**
   * How a generation ended by itself.
   *
   * @param stopped true for a stop token, false for the length
   * @param logitsDigest SHA-256 of the logits of the emitted rows; empty unless asked for
   * @param cachedTokens prompt tokens that came from the prefix cache
   * @param guessedTokens tokens that were guessed and verified
   * @param guessesHeld guesses that were right, and so are part of the answer
   */
  record End(
      boolean stopped, byte[] logitsDigest, int cachedTokens, int guessedTokens, int guessesHeld) {}

  /**
   * How far a prompt has been read.
   *
   * @param done prompt tokens read, those from the cache included
   * @param total prompt tokens
   * @param cached of {@code done}, what came from the prefix cache
   * @param leftMs predicted time until the prompt is read, ms; -1 when unknown
   */
  record Reading(int done, int total, int cached, long leftMs) {
    /** What {@link #leftMs} is when nobody knows. */
    public static final long UNKNOWN = -1;
  }
}
