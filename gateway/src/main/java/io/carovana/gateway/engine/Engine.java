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

    /** Prefill has covered {@code done} of {@code total} prompt tokens. */
    void progress(int done, int total);

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
   */
  record End(boolean stopped, byte[] logitsDigest) {}
}
