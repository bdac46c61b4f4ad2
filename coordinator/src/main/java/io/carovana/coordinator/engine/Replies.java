package io.carovana.coordinator.engine;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.carovana.coordinator.schedule.Ending;
import io.carovana.coordinator.schedule.Request;
import io.carovana.coordinator.schedule.RequestEvents;
import io.carovana.protocol.step.SequenceResult;
import io.carovana.protocol.v1.Finished;
import io.carovana.protocol.v1.Progress;
import io.carovana.protocol.v1.Token;
import io.carovana.protocol.v1.Tokens;
import io.carovana.protocol.v1.TopLogprob;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Turns what happens to requests into messages to who asked. */
final class Replies implements RequestEvents {
  private final Map<Request, Consumer<Message>> clients = new IdentityHashMap<>();
  private final Runnable onAnyToken;
  private final BiConsumer<Request, Ending> onAnyEnd;

  Replies(Runnable onAnyToken, BiConsumer<Request, Ending> onAnyEnd) {
    this.onAnyToken = onAnyToken;
    this.onAnyEnd = onAnyEnd;
  }

  /** Remembers who hears of {@code request} until it ends. */
  void expect(Request request, Consumer<Message> client) {
    clients.put(request, client);
  }

  @Override
  public void onToken(Request request, int index, SequenceResult result) {
    onAnyToken.run();
    Token.Builder token = Token.newBuilder().setId(result.token);
    if (request.sampling().logprobs()) {
      token.setLogprob(result.logprob);
      for (int i = 0; i < result.topCount; i++) {
        token.addTop(top(result.topIds[i], result.topLogprobs[i]));
      }
    }
    send(
        request,
        Tokens.newBuilder().setRequestId(request.id()).setSeq(index).addTokens(token).build());
  }

  @Override
  public void onPromptRows(
      Request request, int position, int firstRow, int rows, SequenceResult result) {
    Tokens.Builder tokens =
        Tokens.newBuilder().setRequestId(request.id()).setSeq(request.emitted().length);
    for (int i = 0; i < rows; i++) {
      int row = firstRow + i;
      Token.Builder token =
          Token.newBuilder()
              .setId(request.prompt()[position + i])
              .setLogprob(result.promptLogprobs[row]);
      for (int t = row * result.promptTop; t < (row + 1) * result.promptTop; t++) {
        token.addTop(top(result.promptTopIds[t], result.promptTopLogprobs[t]));
      }
      tokens.addPrompt(token);
    }
    send(request, tokens.build());
  }

  @Override
  public void onProgress(Request request, int done, int cached, long leftMs) {
    send(
        request,
        Progress.newBuilder()
            .setRequestId(request.id())
            .setPromptDone(done)
            .setPromptTotal(request.prompt().length)
            .setCached(cached)
            .setLeftMs(leftMs)
            .build());
  }

  @Override
  public void onEnd(Request request, Ending ending) {
    Ending.Usage usage = ending.usage();
    Finished.Builder finished =
        Finished.newBuilder()
            .setRequestId(request.id())
            .setReason(ending.reason().wire())
            .setPromptTokens(usage.promptTokens())
            .setCompletionTokens(usage.completionTokens())
            .setCachedTokens(usage.cachedTokens())
            .setGuessedTokens(usage.guessed())
            .setGuessesHeld(usage.guessesHeld())
            .setStopId(ending.stopId())
            .setLogitsDigest(ByteString.copyFrom(ending.logitsDigest()));
    if (ending.failure() != null) {
      finished.setFailure(ending.failure().toInfo());
    }
    send(request, finished.build());
    clients.remove(request);
    onAnyEnd.accept(request, ending);
  }

  private void send(Request request, Message message) {
    Consumer<Message> client = clients.get(request);
    if (client != null) {
      client.accept(message);
    }
  }

  private static TopLogprob top(int id, float logprob) {
    return TopLogprob.newBuilder().setId(id).setLogprob(logprob).build();
  }
}
