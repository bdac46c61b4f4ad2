package io.carovana.coordinator.schedule;

/**
 * A live request at one moment.
 *
 * @param id its id
 * @param client whose it is
 * @param batch whether it gives way to interactive ones
 * @param state where it is
 * @param promptTokens length of its prompt
 * @param promptDone prompt tokens computed
 * @param cachedTokens of those, what came from the prefix cache
 * @param completionTokens tokens emitted
 * @param leftMs predicted time until the prompt is done, -1 when unknown
 */
public record RequestView(
    String id,
    String client,
    boolean batch,
    State state,
    int promptTokens,
    int promptDone,
    int cachedTokens,
    int completionTokens,
    long leftMs) {
  /** Where a request is. */
  public enum State {
    /** Waits for a place or for KV pages. */
    QUEUED("queued"),
    /** Its prompt is being read. */
    PREFILL("prefill"),
    /** It emits tokens. */
    DECODE("decode");

    private final String wire;

    State(String wire) {
      this.wire = wire;
    }

    /** The name that travels. */
    public String wire() {
      return wire;
    }
  }

  static RequestView of(Sequence sequence, long leftMs) {
    State state =
        !sequence.running()
            ? State.QUEUED
            : sequence.length - sequence.computed > 1 ? State.PREFILL : State.DECODE;
    int prompt = sequence.request.prompt().length;
    return new RequestView(
        sequence.request.id(),
        sequence.request.client(),
        sequence.request.batch(),
        state,
        prompt,
        Math.min(prompt, sequence.computed),
        sequence.cachedTokens(),
        sequence.emitted(),
        state == State.PREFILL ? leftMs : -1);
  }
}
