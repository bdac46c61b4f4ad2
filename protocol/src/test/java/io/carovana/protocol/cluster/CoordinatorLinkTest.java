package io.carovana.protocol.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.carovana.protocol.NodeSettings;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.GatewayGoodbye;
import io.carovana.protocol.v1.GatewayHello;
import io.carovana.protocol.v1.HelloAck;
import io.carovana.protocol.v1.Submit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.SingletonActor;
import org.junit.jupiter.api.Test;

class CoordinatorLinkTest {
  private static final Duration LIMIT = Duration.ofSeconds(40);

  /** Records what happens on the link, in words. */
  private static final class Recorder implements CoordinatorListener {
    final List<String> events = new CopyOnWriteArrayList<>();
    volatile String replyTo = "";

    @Override
    public Message hello(String replyTo) {
      this.replyTo = replyTo;
      return GatewayHello.newBuilder().setNode("gateway").setReplyTo(replyTo).build();
    }

    @Override
    public Message goodbye() {
      return GatewayGoodbye.newBuilder().setNode("gateway").build();
    }

    @Override
    public void onConnected(String coordinatorIncarnation) {
      events.add("connected " + coordinatorIncarnation);
    }

    @Override
    public void onLost(String reason) {
      events.add("lost");
    }

    @Override
    public void onMessage(Message message) {
      if (message instanceof ClusterState state) {
        events.add("state " + state.getTokenizer().size());
      }
    }
  }

  /** A coordinator that answers hellos and sends a large message for every request. */
  private static Behavior<Message> answering(String incarnation, List<Message> seen) {
    return Behaviors.setup(
        context ->
            Behaviors.receive(Message.class)
                .onMessage(
                    GatewayHello.class,
                    hello -> {
                      HelloAck ack =
                          HelloAck.newBuilder().setCoordinatorIncarnation(incarnation).build();
                      WireRefs.fromWire(context.getSystem(), hello.getReplyTo())
                          .ifPresent(ref -> ref.tell(ack));
                      return Behaviors.same();
                    })
                .onMessage(
                    Submit.class,
                    submit -> {
                      seen.add(submit);
                      ClusterState state =
                          ClusterState.newBuilder()
                              .setTokenizer(ByteString.copyFrom(new byte[2_000_000]))
                              .build();
                      WireRefs.fromWire(context.getSystem(), submit.getReplyTo())
                          .ifPresent(ref -> ref.tell(state));
                      return Behaviors.same();
                    })
                .onMessage(
                    GatewayGoodbye.class,
                    goodbye -> {
                      seen.add(goodbye);
                      return Behaviors.same();
                    })
                .build());
  }

  private static ActorSystem<Message> coordinator(
      NodeSettings settings, String incarnation, List<Message> seen) {
    return ClusterSystem.start(
        settings,
        ClusterSystem.COORDINATOR,
        FrontDesk.create(
            system ->
                ClusterSingleton.get(system)
                    .init(SingletonActor.of(answering(incarnation, seen), "coordinator"))));
  }

  private static NodeSettings settings(String node, int port, int seed) {
    return new NodeSettings(
        node,
        "127.0.0.1",
        "127.0.0.1",
        port,
        List.of("127.0.0.1:" + seed),
        new NodeSettings.DataPlane(null, 0, 0),
        Path.of("target"),
        false);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void findsARestartedCoordinatorAndCarriesLargeMessages() throws Exception {
    int seed = freePort();
    List<Message> seen = new CopyOnWriteArrayList<>();
    ActorSystem<Message> first = coordinator(settings("c", seed, seed), "one", seen);
    Recorder recorder = new Recorder();
    CoordinatorLink link =
        CoordinatorLink.start(settings("g", freePort(), seed), ClusterSystem.GATEWAY, recorder);
    try {
      await().atMost(LIMIT).until(() -> recorder.events.contains("connected one"));

      first.terminate();
      await().atMost(LIMIT).until(() -> first.getWhenTerminated().toCompletableFuture().isDone());
      ActorSystem<Message> second = coordinator(settings("c", seed, seed), "two", seen);
      try {
        await()
            .atMost(LIMIT)
            .untilAsserted(
                () ->
                    assertThat(recorder.events)
                        .containsSubsequence("connected one", "lost", "connected two"));
        Submit large =
            Submit.newBuilder()
                .setReplyTo(recorder.replyTo)
                .addAllPrompt(Collections.nCopies(131_072, 31_999))
                .build();
        assertThat(link.send(large)).isTrue();
        await().atMost(LIMIT).until(() -> recorder.events.contains("state 2000000"));
        assertThat(seen).contains(large);

        link.close();
        await().atMost(LIMIT).until(() -> seen.stream().anyMatch(GatewayGoodbye.class::isInstance));
      } finally {
        second.terminate();
      }
    } finally {
      link.close();
    }
  }

  @Test
  void joinsAgainAfterItWasDowned() throws Exception {
    int seed = freePort();
    ActorSystem<Message> coordinator =
        coordinator(settings("c", seed, seed), "one", new CopyOnWriteArrayList<>());
    Recorder recorder = new Recorder();
    CoordinatorLink link =
        CoordinatorLink.start(settings("g", freePort(), seed), ClusterSystem.GATEWAY, recorder);
    try {
      await().atMost(LIMIT).until(() -> recorder.events.contains("connected one"));
      await().atMost(LIMIT).until(() -> upMembers(coordinator) == 2);
      Cluster cluster = Cluster.get(coordinator);
      cluster
          .manager()
          .tell(new Down(Cluster.get(link.system().orElseThrow()).selfMember().address()));

      await()
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(recorder.events)
                      .containsSubsequence("connected one", "lost", "connected one"));
      await().atMost(LIMIT).until(() -> upMembers(coordinator) == 2);
    } finally {
      link.close();
      coordinator.terminate();
    }
  }

  @Test
  void namesAPortThatIsTaken() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = taken.getLocalPort();
      assertThatThrownBy(
              () ->
                  CoordinatorLink.start(
                      settings("g", port, freePort()), ClusterSystem.GATEWAY, new Recorder()))
          .isInstanceOf(PortInUseException.class)
          .hasMessageContaining("port " + port);
    }
  }

  @Test
  void staysOnLoopbackUnlessAllowed() throws Exception {
    int port = freePort();
    NodeSettings open =
        new NodeSettings(
            "g",
            "0.0.0.0",
            "127.0.0.1",
            port,
            List.of("127.0.0.1:1"),
            new NodeSettings.DataPlane(null, 0, 0),
            Path.of("target"),
            false);

    assertThatThrownBy(() -> CoordinatorLink.start(open, ClusterSystem.GATEWAY, new Recorder()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--allow-insecure-network");
  }

  private static long upMembers(ActorSystem<?> system) {
    long up = 0;
    for (var member : Cluster.get(system).state().getMembers()) {
      if (member.status() == MemberStatus.up()) {
        up++;
      }
    }
    return up;
  }
}
