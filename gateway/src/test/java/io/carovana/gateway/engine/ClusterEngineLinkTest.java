package io.carovana.gateway.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.carovana.protocol.Failure;
import io.carovana.protocol.NodeSettings;
import io.carovana.protocol.cluster.ClusterSystem;
import io.carovana.protocol.cluster.WireRefs;
import io.carovana.protocol.v1.Cancel;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.Finished;
import io.carovana.protocol.v1.GatewayGoodbye;
import io.carovana.protocol.v1.GatewayHello;
import io.carovana.protocol.v1.HelloAck;
import io.carovana.protocol.v1.Submit;
import io.carovana.protocol.v1.Token;
import io.carovana.protocol.v1.Tokens;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;

/** The engine over a real control plane, with a coordinator of three lines at the other end. */
final class ClusterEngineLinkTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Queue<Message> received = new ConcurrentLinkedQueue<>();
  private final Queue<String> heard = new ConcurrentLinkedQueue<>();

  @Test
  void joinsSubmitsHearsCancelsAndSaysGoodbye() throws IOException {
    int coordinatorPort = freePort();
    ByteString tokenizer =
        ByteString.copyFrom(
            Files.readAllBytes(Path.of("..", "model", "demo-model", "tokenizer.model")));
    ActorSystem<Message> coordinator =
        ClusterSystem.start(
            settings(coordinatorPort, coordinatorPort),
            ClusterSystem.COORDINATOR,
            coordinator(tokenizer));
    ClusterEngine.Linked linked = ClusterEngine.start(settings(freePort(), coordinatorPort));
    try {
      await().atMost(PATIENCE).until(() -> linked.engine().state().whyNotServing() == null);

      linked.engine().submit(request("finishes"), new Listener());
      await().atMost(PATIENCE).until(() -> heard.contains("finished"));
      assertThat(heard).containsExactly("token 300", "token 301", "finished");

      linked.engine().submit(request("waits"), new Listener()).cancel("client gone");
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  received.stream()
                      .anyMatch(m -> m instanceof Cancel c && c.getRequestId().equals("waits")));
    } finally {
      linked.link().close();
      await()
          .atMost(PATIENCE)
          .until(() -> received.stream().anyMatch(GatewayGoodbye.class::isInstance));
      ClusterSystem.leave(coordinator);
    }
  }

  private Behavior<Message> coordinator(ByteString tokenizer) {
    return Behaviors.setup(
        context ->
            Behaviors.receive(Message.class)
                .onAnyMessage(
                    message -> {
                      received.add(message);
                      answer(context.getSystem(), message, tokenizer);
                      return Behaviors.same();
                    })
                .build());
  }

  private static void answer(ActorSystem<?> system, Message message, ByteString tokenizer) {
    if (message instanceof GatewayHello hello) {
      var gateway = WireRefs.fromWire(system, hello.getReplyTo()).orElseThrow();
      gateway.tell(HelloAck.newBuilder().setCoordinatorIncarnation("c1").build());
      ClusterState.Builder state =
          ClusterState.newBuilder()
              .setCoordinatorIncarnation("c1")
              .setServing(true)
              .setModelDigest("d")
              .setVocabSize(4096);
      gateway.tell(
          hello.getWantTokenizer() ? state.setTokenizer(tokenizer).build() : state.build());
    } else if (message instanceof Submit submit && submit.getRequestId().equals("finishes")) {
      var gateway = WireRefs.fromWire(system, submit.getReplyTo()).orElseThrow();
      for (int i = 0; i < 2; i++) {
        gateway.tell(
            Tokens.newBuilder()
                .setRequestId(submit.getRequestId())
                .setSeq(i)
                .addTokens(Token.newBuilder().setId(300 + i))
                .build());
      }
      gateway.tell(
          Finished.newBuilder()
              .setRequestId(submit.getRequestId())
              .setReason("length")
              .setCompletionTokens(2)
              .build());
    }
  }

  private final class Listener implements Engine.Listener {
    @Override
    public void tokens(List<Token> tokens, List<Token> prompt) {
      tokens.forEach(token -> heard.add("token " + token.getId()));
    }

    @Override
    public void progress(Engine.Reading reading) {}

    @Override
    public void finished(Engine.End end) {
      heard.add("finished");
    }

    @Override
    public void failed(Failure failure) {
      heard.add("failed " + failure);
    }
  }

  private static EngineRequest request(String id) {
    return new EngineRequest(
        id,
        new int[] {1},
        io.carovana.protocol.v1.SamplingParams.getDefaultInstance(),
        2,
        List.of(2),
        60_000,
        "local",
        io.carovana.protocol.v1.Priority.INTERACTIVE);
  }

  private static NodeSettings settings(int port, int coordinatorPort) {
    return new NodeSettings(
        "node-" + port,
        "127.0.0.1",
        "127.0.0.1",
        port,
        List.of("127.0.0.1:" + coordinatorPort),
        new NodeSettings.DataPlane(null, 0, 0),
        Path.of("target"),
        false);
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return free.getLocalPort();
    }
  }
}
