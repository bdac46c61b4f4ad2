package io.carovana.coordinator.schedule;

import io.carovana.protocol.Failure;
import org.jspecify.annotations.Nullable;

/**
 * The one end of a request.
 *
 * @param reason how it ended
 * @param failure why, for {@link Reason#CANCELLED} and {@link Reason#ERROR}
 * @param usage what it took
 * @param stopId the id that stopped it, -1 for none
 * @param logitsDigest SHA-256 over the digests of all emitted rows, in order; empty if not asked
 */
@SuppressWarnings("ArrayRecordComponent") // compared by identity, never by content
public record Ending(
    Reason reason, @Nullable Failure failure, Usage usage, int stopId, byte[] logitsDigest) {
  /** No id stopped the request. */
  public static final int NO_STOP = -1;

  /**
   * What a request took.
   *
   * @param promptTokens length of the prompt
   * @param completionTokens tokens emitted
   * @param cachedTokens of the prompt, what came from the prefix cache
   * @param guessed guesses verified
   * @param guessesHeld guesses that were right
   */
  public record Usage(
      int promptTokens, int completionTokens, int cachedTokens, int guessed, int guessesHeld) {
    /** Of a request that never ran. */
    public static Usage none(Request request) {
      return new Usage(request.prompt().length, request.emitted().length, 0, 0, 0);
    }

    static Usage of(Sequence sequence) {
      return new Usage(
          sequence.request.prompt().length,
          sequence.emitted(),
          sequence.cachedTokens(),
          sequence.guessed,
          sequence.guessesHeld);
    }
  }

  /** How a request ends. */
  public enum Reason {
    /** An id of its stop ids was sampled. */
    STOP("stop"),
    /** It emitted as many tokens as it may. */
    LENGTH("length"),
    /** The client went or asked to stop. */
    CANCELLED("cancelled"),
    /** It failed. */
    ERROR("error");

    private final String wire;

    Reason(String wire) {
      this.wire = wire;
    }

    /** The name that travels. */
    public String wire() {
      return wire;
    }

    static Reason of(Failure failure) {
      return failure instanceof Failure.Cancelled ? CANCELLED : ERROR;
    }
  }
}
