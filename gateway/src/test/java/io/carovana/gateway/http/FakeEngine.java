package io.carovana.gateway.http;

import io.carovana.gateway.engine.Engine;
import io.carovana.gateway.engine.EngineRequest;
import io.carovana.gateway.engine.EngineState;
import io.carovana.gateway.text.ModelText;
import io.carovana.protocol.Failure;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.Token;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/** An engine whose every word a test decides; it remembers what it was asked. */
final class FakeEngine implements Engine {
  static final int CONTEXT = 512;
  static final String DIGEST = "00112233445566778899aabbccddeeff";

  static final ModelText TEXT = demoText();

  final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  volatile EngineState state = serving();
  volatile Consumer<Call> script = call -> {};

  /** One submitted request. */
  static final class Call implements Running {
    final EngineRequest request;
    final Listener listener;
    final List<String> cancelled = new ArrayList<>();

    Call(EngineRequest request, Listener listener) {
      this.request = request;
      this.listener = listener;
    }

    @Override
    public synchronized void cancel(String reason) {
      cancelled.add(reason);
    }

    synchronized List<String> cancelReasons() {
      return List.copyOf(cancelled);
    }

    void emit(int... ids) {
      for (int id : ids) {
        listener.tokens(List.of(token(id)), List.of());
      }
    }

    void say(String text) {
      emit(TEXT.tokenizer().encodeUserContinuation(text));
    }

    void stop() {
      listener.finished(new End(true, new byte[0], 0, 0, 0));
    }

    /** Stops, and tells of cached prompt tokens, and of guesses, {@code held} of which held. */
    void stopAfter(int cached, int guessed, int held) {
      listener.finished(new End(true, new byte[0], cached, guessed, held));
    }

    void read(int done, int total, int cached, long leftMs) {
      listener.progress(new Reading(done, total, cached, leftMs));
    }

    void reachLength() {
      listener.finished(new End(false, new byte[0], 0, 0, 0));
    }

    void fail(Failure failure) {
      listener.failed(failure);
    }
  }

  static Token token(int id) {
    return Token.newBuilder().setId(id).setLogprob(-0.5f).build();
  }

  /** Every request is answered with this text and a stop token. */
  FakeEngine answering(String text) {
    script =
        call -> {
          call.say(text);
          call.stop();
        };
    return this;
  }

  @Override
  public Running submit(EngineRequest request, Listener listener) {
    Call call = new Call(request, listener);
    calls.add(call);
    script.accept(call);
    return call;
  }

  @Override
  public EngineState state() {
    return state;
  }

  static ClusterState.Builder cluster() {
    return ClusterState.newBuilder()
        .setCoordinatorIncarnation("coordinator-1")
        .setEpoch(7)
        .setServing(true)
        .setModelName("demo")
        .setModelDigest(DIGEST)
        .setNumericsId("n1-file-f32")
        .setContext(CONTEXT)
        .setVocabSize(TEXT.vocabSize())
        .setLastTokenAgeMs(1_000)
        .setSelfTestPassed(true)
        .setMaxQueue(8);
  }

  static EngineState serving() {
    return new EngineState(cluster().build(), 10, null, TEXT);
  }

  private static ModelText demoText() {
    try {
      byte[] proto = Files.readAllBytes(Path.of("..", "model", "demo-model", "tokenizer.model"));
      ModelText read = ModelText.read(DIGEST, proto, Integer.MAX_VALUE);
      return new ModelText(DIGEST, read.tokenizer(), read.tokenizer().vocabSize());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
