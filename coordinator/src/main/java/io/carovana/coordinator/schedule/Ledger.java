package io.carovana.coordinator.schedule;

import io.carovana.protocol.Failure;
import io.carovana.protocol.step.SequenceResult;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every live request, from acceptance to its one end. A token enters the ledger before anyone else
 * hears of it, so that what was said can always be computed again.
 */
public final class Ledger {
  private static final byte[] NO_DIGEST = new byte[0];

  private final RequestEvents events;
  private final Map<String, Sequence> live = new LinkedHashMap<>();
  private final Map<Sequence, MessageDigest> digests = new HashMap<>();
  private long numbers;
  private long accepted;
  private long ended;
  private long finished;
  private long failed;
  private long cancelled;
  private long tokens;
  private long promptTokens;
  private long cachedTokens;
  private long guessed;
  private long guessesHeld;

  Ledger(RequestEvents events) {
    this.events = events;
  }

  /** Enters a request; its id is not live. */
  Sequence open(Request request) {
    Sequence sequence = new Sequence(++numbers, request);
    if (live.putIfAbsent(request.id(), sequence) != null) {
      throw new IllegalStateException("request " + request.id() + " is live already");
    }
    if (!request.isProbe()) {
      accepted++;
      promptTokens += request.prompt().length;
    }
    if (request.sampling().digest()) {
      digests.put(sequence, sha256());
    }
    return sequence;
  }

  /** Refuses a request that never was entered. */
  void refuse(Request request, Failure failure) {
    failed++;
    events.onEnd(
        request,
        new Ending(
            Ending.Reason.of(failure),
            failure,
            Ending.Usage.none(request),
            Ending.NO_STOP,
            NO_DIGEST));
  }

  @Nullable Sequence find(String id) {
    return live.get(id);
  }

  /** All live requests, oldest first; a copy. */
  List<Sequence> all() {
    return new ArrayList<>(live.values());
  }

  Collection<Sequence> view() {
    return live.values();
  }

  /** Takes in a sampled token. */
  void token(Sequence sequence, SequenceResult result) {
    MessageDigest digest = digests.get(sequence);
    if (digest != null && result.hasDigest) {
      digest.update(result.digest);
    }
    Request request = sequence.request;
    if (request.stopsAt(result.token)) {
      end(sequence, Ending.Reason.STOP, null, result.token);
      return;
    }
    int index = sequence.emitted();
    sequence.append(result.token);
    tokens += request.isProbe() ? 0 : 1;
    events.onToken(request, index, result);
    if (sequence.emitted() >= request.maxTokens()) {
      end(sequence, Ending.Reason.LENGTH, null, Ending.NO_STOP);
    }
  }

  /** Takes in the log-probabilities of prompt rows that start at {@code start}. */
  void promptRows(Sequence sequence, int start, SequenceResult result) {
    int promptLength = sequence.request.prompt().length;
    int from = Math.max(start + 1, sequence.promptReported);
    int to = Math.min(start + 1 + result.promptCount, promptLength);
    if (from < to) {
      sequence.promptReported = to;
      events.onPromptRows(sequence.request, from, from - start - 1, to - from, result);
    }
  }

  /** Tells how far the prompt is computed. */
  void progress(Sequence sequence, long leftMs) {
    int done = Math.min(sequence.computed, sequence.request.prompt().length);
    events.onProgress(sequence.request, done, Math.min(done, sequence.cachedTokens()), leftMs);
  }

  /** Counts guesses that were verified. */
  void guessed(Sequence sequence, int made) {
    sequence.guessed += made;
    guessed += made;
  }

  /** Counts one that held. */
  void guessHeld(Sequence sequence) {
    sequence.guessesHeld++;
    guessesHeld++;
  }

  void fail(Sequence sequence, Failure failure) {
    end(sequence, Ending.Reason.of(failure), failure, Ending.NO_STOP);
  }

  void end(Sequence sequence, Ending.Reason reason, @Nullable Failure failure, int stopId) {
    if (!live.remove(sequence.request.id(), sequence)) {
      throw new IllegalStateException("request " + sequence.request.id() + " ended before");
    }
    sequence.state = Sequence.State.ENDED;
    ended++;
    if (!sequence.request.isProbe()) {
      count(reason);
      cachedTokens += sequence.cachedTokens();
    }
    MessageDigest digest = digests.remove(sequence);
    events.onEnd(
        sequence.request,
        new Ending(
            reason,
            failure,
            Ending.Usage.of(sequence),
            stopId,
            digest == null ? NO_DIGEST : digest.digest()));
  }

  private void count(Ending.Reason reason) {
    switch (reason) {
      case STOP, LENGTH -> finished++;
      case CANCELLED -> cancelled++;
      case ERROR -> failed++;
    }
  }

  /** Requests ended, probes included. */
  long ended() {
    return ended;
  }

  /** Totals since the process began. */
  Totals totals() {
    return new Totals(
        accepted,
        finished,
        failed,
        cancelled,
        tokens,
        promptTokens,
        cachedTokens,
        guessed,
        guessesHeld);
  }

  /**
   * Totals since the process began, probes left out.
   *
   * @param accepted requests entered
   * @param finished ended by stop or length
   * @param failed ended by an error, refusals included
   * @param cancelled ended by the client
   * @param tokens tokens emitted
   * @param promptTokens prompt tokens of entered requests
   * @param cachedTokens prompt tokens of ended requests that came from the prefix cache
   * @param guessed guesses verified
   * @param guessesHeld guesses that were right
   */
  public record Totals(
      long accepted,
      long finished,
      long failed,
      long cancelled,
      long tokens,
      long promptTokens,
      long cachedTokens,
      long guessed,
      long guessesHeld) {}

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
