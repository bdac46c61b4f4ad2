package io.carovana.coordinator.schedule;

import io.carovana.protocol.step.SequenceResult;

/** What happens to requests, told in order. Result carriers are valid during the call only. */
public interface RequestEvents {
  /** Token {@code index} of the request, with what was asked beside it. */
  void onToken(Request request, int index, SequenceResult result);

  /**
   * Log-probabilities of prompt tokens.
   *
   * @param position prompt index of the first token reported
   * @param firstRow its row in {@code result}
   * @param rows tokens reported
   */
  void onPromptRows(Request request, int position, int firstRow, int rows, SequenceResult result);

  /**
   * How much of a long prompt went through.
   *
   * @param done its tokens that are computed
   * @param cached of those, what came from the prefix cache
   * @param leftMs predicted time until all are, -1 when unknown
   */
  void onProgress(Request request, int done, int cached, long leftMs);

  /** The one end. */
  void onEnd(Request request, Ending ending);
}
