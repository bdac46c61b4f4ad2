package io.carovana.gateway.http;

/**
 * The named limits of connections, bodies and answers.
 *
 * @param headerBytes largest request head
 * @param connections most open connections
 * @param bodyBytes largest body
 * @param bufferedBodyBytes most bytes of all bodies being read or parsed
 * @param headMs time to send a request's head, also the first after connecting
 * @param idleMs time an unused connection stays open after an answer
 * @param bodyMs time to send a body
 * @param requestMs longest run of a request; of a stream, since its prompt was last read on
 * @param unsentBytes most bytes of a stream waiting for a slow reader
 * @param stallMs longest time a reader may take nothing at all
 * @param keepAliveMs silence of a stream after which a comment is sent
 * @param commitMs time a stream waits for its first event before the status line is sent
 */
record HttpLimits(
    int headerBytes,
    int connections,
    int bodyBytes,
    long bufferedBodyBytes,
    long headMs,
    long idleMs,
    long bodyMs,
    long requestMs,
    int unsentBytes,
    long stallMs,
    long keepAliveMs,
    long commitMs) {

  /** The limits of a process with {@code heapBytes} of heap. */
  static HttpLimits of(int bodyBytes, long requestMs, long heapBytes) {
    return new HttpLimits(
        16 * 1024,
        16 * 1024,
        bodyBytes,
        Math.max(bodyBytes, heapBytes / 8),
        10_000,
        75_000,
        30_000,
        requestMs,
        256 * 1024,
        30_000,
        10_000,
        2_000);
  }
}
