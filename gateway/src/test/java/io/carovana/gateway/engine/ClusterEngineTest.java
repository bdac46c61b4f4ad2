package io.carovana.gateway.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.carovana.protocol.Failure;
import io.carovana.protocol.v1.Cancel;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.Finished;
import io.carovana.protocol.v1.GatewayHello;
import io.carovana.protocol.v1.Priority;
import io.carovana.protocol.v1.Progress;
import io.carovana.protocol.v1.SamplingParams;
import io.carovana.protocol.v1.Submit;
import io.carovana.protocol.v1.Token;
import io.carovana.protocol.v1.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ClusterEngineTest {
  private final List<Message> sent = new ArrayList<>();
  private final AtomicLong nanoTime = new AtomicLong();
  private final ClusterEngine engine = new ClusterEngine("gateway-1", nanoTime::get);
  private final Heard heard = new Heard();

  /** Everything a listener was told, in words. */
  private static final class Heard implements Engine.Listener {
    final List<String> words = new ArrayList<>();
    final List<Engine.End> ends = new ArrayList<>();

    @Override
    public void tokens(List<Token> tokens, List<Token> prompt) {
      words.add(
          "tokens "
              + tokens.stream().map(Token::getId).toList()
              + (prompt.isEmpty() ? "" : " prompt " + prompt.size()));
    }

    @Override
    public void progress(Engine.Reading reading) {
      words.add(
          "progress %d/%d, %d cached, %d ms left"
              .formatted(reading.done(), reading.total(), reading.cached(), reading.leftMs()));
    }

    @Override
    public void finished(Engine.End end) {
      words.add("finished " + (end.stopped() ? "stop" : "length"));
      ends.add(end);
    }

    @Override
    public void failed(Failure failure) {
      words.add("failed " + failure.code());
    }
  }

  @Test
  void submitsEverythingTheRequestSays() {
    connect();
    engine.hello("pekko://me");
    engine.submit(request("r"), heard);
    Submit submit = (Submit) sent.getFirst();
    assertThat(submit.getRequestId()).isEqualTo("r");
    assertThat(submit.getPromptList()).containsExactly(1, 5, 6);
    assertThat(submit.getSampling().getSeed()).isEqualTo(9);
    assertThat(submit.getMaxTokens()).isEqualTo(4);
    assertThat(submit.getStopIdsList()).containsExactly(2);
    assertThat(submit.getDeadlineMs()).isEqualTo(1234);
    assertThat(submit.getClient()).isEqualTo("key-1");
    assertThat(submit.getPriority()).isEqualTo(Priority.BATCH);
    assertThat(submit.getReplyTo()).isEqualTo("pekko://me");
    assertThat(submit.getGateway())
        .isEqualTo(((GatewayHello) engine.hello("pekko://me")).getIncarnation());
  }

  @Test
  void dropsTokensItHasSeen() {
    connect();
    engine.submit(request("r"), heard);
    engine.onMessage(tokens("r", 0, 10, 11));
    engine.onMessage(tokens("r", 0, 10, 11));
    engine.onMessage(tokens("r", 1, 11, 12));
    engine.onMessage(finished("r", "length", 3));
    engine.onMessage(tokens("r", 3, 13));
    engine.onMessage(finished("r", "length", 3));
    assertThat(heard.words).containsExactly("tokens [10, 11]", "tokens [12]", "finished length");
  }

  @Test
  void failsRatherThanSkipTokens() {
    connect();
    engine.submit(request("r"), heard);
    engine.onMessage(tokens("r", 0, 10));
    engine.onMessage(tokens("r", 2, 12));
    assertThat(heard.words).containsExactly("tokens [10]", "failed coordinator_lost");
    assertThat(sent.getLast()).isInstanceOf(Cancel.class);
  }

  @Test
  void failsRatherThanLoseTheLastTokens() {
    connect();
    engine.submit(request("r"), heard);
    engine.onMessage(tokens("r", 0, 10));
    engine.onMessage(finished("r", "stop", 2));
    assertThat(heard.words).containsExactly("tokens [10]", "failed coordinator_lost");
  }

  @Test
  void passesOnProgressPromptTokensAndFailures() {
    connect();
    engine.submit(request("r"), heard);
    engine.onMessage(
        Progress.newBuilder()
            .setRequestId("r")
            .setPromptDone(2)
            .setPromptTotal(3)
            .setCached(1)
            .setLeftMs(70)
            .build());
    engine.onMessage(
        Tokens.newBuilder()
            .setRequestId("r")
            .addTokens(Token.newBuilder().setId(4))
            .addPrompt(Token.newBuilder().setId(1))
            .build());
    engine.onMessage(
        Finished.newBuilder()
            .setRequestId("r")
            .setReason("error")
            .setFailure(new Failure.WorkerLost("gone").toInfo())
            .build());
    assertThat(heard.words)
        .containsExactly(
            "progress 2/3, 1 cached, 70 ms left", "tokens [4] prompt 1", "failed worker_lost");
  }

  @Test
  void passesOnWhatWasCachedAndGuessed() {
    connect();
    engine.submit(request("r"), heard);
    engine.onMessage(tokens("r", 0, 10));
    engine.onMessage(
        finished("r", "stop", 1).toBuilder()
            .setCachedTokens(2)
            .setGuessedTokens(5)
            .setGuessesHeld(4)
            .build());
    Engine.End end = heard.ends.getFirst();
    assertThat(end.cachedTokens()).isEqualTo(2);
    assertThat(end.guessedTokens()).isEqualTo(5);
    assertThat(end.guessesHeld()).isEqualTo(4);
  }

  @Test
  void refusesWhileThereIsNoCoordinator() {
    engine.sendBy(sent::add);
    engine.submit(request("r"), heard);
    assertThat(heard.words).containsExactly("failed unavailable");
    assertThat(sent).isEmpty();
  }

  @Test
  void refusesWhenNothingCanBeSent() {
    engine.sendBy(message -> false);
    engine.onConnected("c1");
    engine.submit(request("r"), heard);
    assertThat(heard.words).containsExactly("failed unavailable");
  }

  @Test
  void failsWhatRanWhenTheCoordinatorIsLostOrReplaced() {
    connect();
    engine.submit(request("r"), heard);
    engine.onLost("it vanished");
    assertThat(heard.words).containsExactly("failed coordinator_lost");
    engine.onConnected("c1");
    engine.submit(request("s"), heard);
    engine.onConnected("c2");
    assertThat(heard.words).containsExactly("failed coordinator_lost", "failed coordinator_lost");
    engine.submit(request("t"), heard);
    engine.onMessage(tokens("t", 0, 1));
    assertThat(heard.words).last().isEqualTo("tokens [1]");
  }

  @Test
  void cancelsOnceAndHearsNothingAfterwards() {
    connect();
    Engine.Running running = engine.submit(request("r"), heard);
    running.cancel("client gone");
    running.cancel("client gone");
    engine.onMessage(finished("r", "cancelled", 0));
    assertThat(heard.words).isEmpty();
    assertThat(sent.stream().filter(Cancel.class::isInstance)).hasSize(1);
  }

  @Test
  void cancelsWhatNobodyWaitsForAnyMore() {
    connect();
    engine.onMessage(tokens("forgotten", 4, 1));
    assertThat(((Cancel) sent.getLast()).getRequestId()).isEqualTo("forgotten");
  }

  @Test
  void asksForTheTokenizerUntilItHasTheRightOne() throws IOException {
    connect();
    assertThat(wantsTokenizer()).isTrue();
    ClusterState state =
        ClusterState.newBuilder()
            .setCoordinatorIncarnation("c1")
            .setServing(true)
            .setModelDigest("d1")
            .setVocabSize(4096)
            .setSelfTestPassed(true)
            .build();
    engine.onMessage(state);
    assertThat(wantsTokenizer()).isTrue();
    assertThat(engine.state().whyNotServing()).contains("tokenizer");
    byte[] proto = Files.readAllBytes(Path.of("..", "model", "demo-model", "tokenizer.model"));
    engine.onMessage(state.toBuilder().setTokenizer(ByteString.copyFrom(proto)).build());
    assertThat(wantsTokenizer()).isFalse();
    assertThat(engine.state().whyNotServing()).isNull();
    assertThat(engine.state().cluster().getTokenizer().isEmpty()).isTrue();
    engine.onMessage(state.toBuilder().setModelDigest("d2").build());
    assertThat(wantsTokenizer()).isTrue();
    assertThat(engine.state().text()).isNull();
  }

  @Test
  void survivesATokenizerThatCannotBeRead() {
    connect();
    engine.onMessage(
        ClusterState.newBuilder()
            .setCoordinatorIncarnation("c1")
            .setModelDigest("d1")
            .setTokenizer(ByteString.copyFromUtf8("nonsense"))
            .build());
    assertThat(wantsTokenizer()).isTrue();
    assertThat(engine.state().text()).isNull();
  }

  @Test
  void doesNotBelieveAnOldWord() {
    connect();
    engine.onMessage(serving("c1"));
    nanoTime.addAndGet(4_000_000_000L);
    assertThat(engine.state().ageMs()).isEqualTo(4_000);
    nanoTime.addAndGet(2_000_000_000L);
    assertThat(engine.state().whyNotServing()).contains("said nothing for 6000 ms");
  }

  @Test
  void doesNotBelieveTheWordOfACoordinatorThatWasReplaced() {
    connect();
    engine.onMessage(serving("c1"));
    assertThat(engine.state().lost()).isNull();
    engine.onConnected("c2");
    assertThat(engine.state().whyNotServing()).contains("no coordinator has answered yet");
    engine.onMessage(serving("c2"));
    assertThat(engine.state().lost()).isNull();
  }

  private static ClusterState serving(String coordinator) {
    return ClusterState.newBuilder()
        .setCoordinatorIncarnation(coordinator)
        .setServing(true)
        .build();
  }

  private void connect() {
    engine.sendBy(sent::add);
    engine.onConnected("c1");
  }

  private boolean wantsTokenizer() {
    return ((GatewayHello) engine.hello("me")).getWantTokenizer();
  }

  private static EngineRequest request(String id) {
    return new EngineRequest(
        id,
        new int[] {1, 5, 6},
        SamplingParams.newBuilder().setSeed(9).build(),
        4,
        List.of(2),
        1234,
        "key-1",
        Priority.BATCH);
  }

  private static Tokens tokens(String id, int seq, int... ids) {
    Tokens.Builder tokens = Tokens.newBuilder().setRequestId(id).setSeq(seq);
    for (int token : ids) {
      tokens.addTokens(Token.newBuilder().setId(token));
    }
    return tokens.build();
  }

  private static Finished finished(String id, String reason, int completion) {
    return Finished.newBuilder()
        .setRequestId(id)
        .setReason(reason)
        .setCompletionTokens(completion)
        .build();
  }
}
