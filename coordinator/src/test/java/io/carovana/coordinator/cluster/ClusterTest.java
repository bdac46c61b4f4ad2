package io.carovana.coordinator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.carovana.coordinator.CoordinatorProcess;
import io.carovana.model.files.ModelFiles;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.Finished;
import io.carovana.protocol.v1.NodeStatus;
import io.carovana.transport.DataPortException;
import io.carovana.worker.WorkerProcess;
import io.carovana.worker.local.GenerateRequest;
import io.carovana.worker.local.GenerateResult;
import io.carovana.worker.local.LocalGenerator;
import io.carovana.worker.local.LocalOptions;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole clusters in one JVM, with the demo model. */
class ClusterTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir Path folder = Path.of("");

  @Test
  void answersAsOneProcessWouldAndGivesEveryPageBack() throws Exception {
    int[][] prompts = {prompt(1, 5), prompt(2, 150), prompt(3, 33), prompt(4, 1)};
    try (TestCluster cluster = new TestCluster(folder)) {
      cluster.coordinator(2, 1);
      cluster.worker("w1");
      cluster.worker("w2");
      TestGateway gateway = cluster.gateway("g");
      await().atMost(LIMIT).until(gateway::serving);

      for (int i = 0; i < prompts.length; i++) {
        gateway.submit("r" + i, prompts[i], 20);
      }

      await().atMost(LIMIT).until(() -> gateway.finished.size() == prompts.length);
      for (int i = 0; i < prompts.length; i++) {
        assertSame(gateway, "r" + i, local(prompts[i], 20));
      }
      await().atMost(LIMIT).until(() -> baseline(gateway));
      assertThat(Objects.requireNonNull(gateway.state).getSelfTestPassed()).isTrue();
    }
  }

  @Test
  void recoversWhenAWorkerComesBackAndWhenTheCoordinatorDoes() throws Exception {
    int[] prompt = prompt(5, 40);
    GenerateResult expected = local(prompt, 12);
    try (TestCluster cluster = new TestCluster(folder)) {
      CoordinatorProcess coordinator = cluster.coordinator(2, 2);
      cluster.worker("w1");
      WorkerProcess second = cluster.worker("w2");
      TestGateway gateway = cluster.gateway("g");
      await().atMost(LIMIT).until(gateway::serving);

      cluster.stop(second);
      await().atMost(LIMIT).until(() -> !gateway.serving());
      gateway.submit("refused", prompt, 12);
      await().atMost(LIMIT).until(() -> gateway.finished.containsKey("refused"));
      assertThat(finished(gateway, "refused").getFailure().getCode()).isEqualTo("unavailable");

      cluster.worker("w2");
      await().atMost(LIMIT).until(gateway::serving);
      gateway.submit("again", prompt, 12);
      await().atMost(LIMIT).until(() -> gateway.finished.containsKey("again"));
      assertSame(gateway, "again", expected);

      String incarnation = Objects.requireNonNull(gateway.state).getCoordinatorIncarnation();
      cluster.stop(coordinator);
      cluster.coordinator(2, 2);
      await()
          .atMost(LIMIT)
          .until(() -> gateway.serving() && !incarnation(gateway).equals(incarnation));
      gateway.submit("after", prompt, 12);
      await().atMost(LIMIT).until(() -> gateway.finished.containsKey("after"));
      assertSame(gateway, "after", expected);
    }
  }

  @Test
  void cancelsTheRequestsOfAGatewayThatVanishedAndKeepsLateWorkersInReserve() throws Exception {
    try (TestCluster cluster = new TestCluster(folder)) {
      cluster.coordinator(1, 1);
      cluster.worker("w1");
      TestGateway gateway = cluster.gateway("g");
      await().atMost(LIMIT).until(gateway::serving);
      cluster.worker("w2");
      await()
          .atMost(LIMIT)
          .until(
              () ->
                  Objects.requireNonNull(gateway.state).getNodesList().stream()
                      .anyMatch(
                          node ->
                              node.getNode().equals("w2") && node.getState().equals("reserve")));

      gateway.submit("long", prompt(6, 10), 2000);
      await().atMost(LIMIT).until(() -> gateway.tokensOf("long").size() > 3);
      gateway.fallSilent();

      await().atMost(LIMIT).until(() -> gateway.finished.containsKey("long"));
      assertThat(finished(gateway, "long").getReason()).isEqualTo("cancelled");
      await().atMost(LIMIT).until(() -> baseline(gateway));
    }
  }

  /** The coordinator listens in shared memory, which a worker with its own driver cannot reach. */
  @Test
  void turnsAwayAWorkerThatCannotBeginAnEpoch() throws Exception {
    try (TestCluster cluster = new TestCluster(folder)) {
      cluster.coordinator(1, 1);
      TestGateway gateway = cluster.gateway("g");
      int dataPort = freeUdpPort();
      WorkerProcess apart = cluster.udpWorker("apart", dataPort);

      await().atMost(LIMIT).until(() -> detail(gateway, "apart").contains("cannot begin here"));
      assertThat(apart.awaitTermination().orElseThrow().message()).contains("shared memory");
      assertThatThrownBy(() -> cluster.udpWorker("second", dataPort))
          .isInstanceOf(DataPortException.class)
          .hasMessageContaining("UDP port " + dataPort)
          .hasMessageContaining("--data-port");

      cluster.worker("w1");
      await().atMost(LIMIT).until(gateway::serving);
    }
  }

  private static String detail(TestGateway gateway, String name) {
    ClusterState state = gateway.state;
    return state == null
        ? ""
        : state.getNodesList().stream()
            .filter(node -> node.getNode().equals(name) && node.getState().equals("refused"))
            .map(NodeStatus::getDetail)
            .findFirst()
            .orElse("");
  }

  private static int freeUdpPort() throws SocketException {
    try (DatagramSocket socket =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      return socket.getLocalPort();
    }
  }

  private static Finished finished(TestGateway gateway, String id) {
    return Objects.requireNonNull(gateway.finished.get(id));
  }

  private static String incarnation(TestGateway gateway) {
    return Objects.requireNonNull(gateway.state).getCoordinatorIncarnation();
  }

  private static boolean baseline(TestGateway gateway) {
    ClusterState state = Objects.requireNonNull(gateway.state);
    return state.getRunning() == 0
        && state.getQueued() == 0
        && state.getKvPagesTotal() > 0
        && state.getKvPagesFree() == state.getKvPagesTotal();
  }

  private static void assertSame(TestGateway gateway, String id, GenerateResult expected) {
    Finished finished = finished(gateway, id);
    assertThat(finished.getFailure().getMessage()).isEmpty();
    assertThat(finished.getReason()).isEqualTo("length");
    List<Integer> ids = Arrays.stream(expected.ids()).boxed().toList();
    assertThat(gateway.tokensOf(id)).as(id).isEqualTo(ids);
    assertThat(HexFormat.of().formatHex(finished.getLogitsDigest().toByteArray()))
        .as("logits of " + id)
        .isEqualTo(expected.logitsDigest());
  }

  private static GenerateResult local(int[] prompt, int maxTokens) {
    try (ModelFiles files = ModelFiles.open(TestCluster.DEMO);
        LocalGenerator generator = LocalGenerator.open(files, LocalOptions.DEFAULT)) {
      return generator.generate(GenerateRequest.greedy(prompt, maxTokens, Set.of()));
    }
  }

  private static int[] prompt(long seed, int length) {
    int[] prompt = new Random(seed).ints(length, 10, 4000).toArray();
    prompt[0] = 1;
    return prompt;
  }
}
