package io.carovana.gateway.engine;

import io.carovana.protocol.Failure;
import io.carovana.protocol.v1.Finished;
import io.carovana.protocol.v1.Progress;
import io.carovana.protocol.v1.Token;
import io.carovana.protocol.v1.Tokens;
import java.util.List;

/**
 * One request between coordinator and listener: passes every token on once and in order, notices
 * when one is missing, and ends once.
 */
final class RunningRequest {
  private final Engine.Listener listener;
  private int nextSeq;
  private boolean ended;

  RunningRequest(Engine.Listener listener) {
    this.listener = listener;
  }

  /** Returns whether the request goes on. */
  synchronized boolean tokens(Tokens message) {
    if (ended) {
      return false;
    }
    if (message.getSeq() > nextSeq) {
      return gap(message.getSeq());
    }
    int seen = nextSeq - message.getSeq();
    List<Token> fresh =
        seen < message.getTokensCount()
            ? message.getTokensList().subList(seen, message.getTokensCount())
            : List.of();
    boolean freshPrompt = seen == 0 && message.getPromptCount() > 0;
    nextSeq += fresh.size();
    if (!fresh.isEmpty() || freshPrompt) {
      listener.tokens(fresh, seen == 0 ? message.getPromptList() : List.of());
    }
    return true;
  }

  synchronized void progress(Progress message) {
    if (!ended) {
      listener.progress(
          new Engine.Reading(
              message.getPromptDone(),
              message.getPromptTotal(),
              message.getCached(),
              message.getLeftMs()));
    }
  }

  synchronized void finished(Finished message) {
    if (ended) {
      return;
    }
    switch (message.getReason()) {
      case "stop", "length" -> {
        if (message.getCompletionTokens() > nextSeq) {
          gap(message.getCompletionTokens());
        } else {
          ended = true;
          listener.finished(
              new Engine.End(
                  message.getReason().equals("stop"),
                  message.getLogitsDigest().toByteArray(),
                  message.getCachedTokens(),
                  message.getGuessedTokens(),
                  message.getGuessesHeld()));
        }
      }
      case "cancelled" -> fail(new Failure.Cancelled("the cluster cancelled the request"));
      default -> fail(Failure.of(message.getFailure()));
    }
  }

  synchronized void fail(Failure failure) {
    if (!ended) {
      ended = true;
      listener.failed(failure);
    }
  }

  synchronized boolean cancel() {
    boolean first = !ended;
    ended = true;
    return first;
  }

  private boolean gap(int seq) {
    fail(
        new Failure.CoordinatorLost(
            "tokens "
                + nextSeq
                + " to "
                + (seq - 1)
                + " were lost on the way from the coordinator"));
    return false;
  }
}
