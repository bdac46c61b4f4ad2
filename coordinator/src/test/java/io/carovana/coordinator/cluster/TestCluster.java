package io.carovana.coordinator.cluster;

import io.carovana.coordinator.CoordinatorProcess;
import io.carovana.coordinator.CoordinatorSettings;
import io.carovana.protocol.NodeSettings;
import io.carovana.transport.MediaDriverHost;
import io.carovana.worker.WorkerProcess;
import io.carovana.worker.WorkerSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Coordinator, workers and a gateway of one test, in one JVM, over one media driver. */
final class TestCluster implements AutoCloseable {
  /** The demo model, as the repository has it. */
  static final Path DEMO = Path.of("../model/demo-model").toAbsolutePath().normalize();

  private static final long MEMORY = 200L << 20;

  /** Nothing freezes here, and whole JVMs stand still on a machine that builds beside the test. */
  private static final long FENCE_MS = 20_000;

  private final Path folder;
  private final MediaDriverHost driver;
  private final int seed = freePort();
  private final Deque<AutoCloseable> running = new ArrayDeque<>();
  private int streams;

  TestCluster(Path folder) {
    this.folder = folder;
    this.driver = MediaDriverHost.start(folder.resolve("aeron"));
  }

  CoordinatorProcess coordinator(int minWorkers, int stages) {
    return started(
        CoordinatorProcess.start(
            new CoordinatorSettings(
                node("coordinator", seed),
                DEMO,
                "demo",
                "none",
                "f32",
                2048,
                minWorkers,
                stages,
                List.of(),
                64,
                8,
                100,
                true,
                true,
                FENCE_MS)));
  }

  WorkerProcess worker(String name) {
    return worker(name, null);
  }

  WorkerProcess worker(String name, @Nullable Path model) {
    return started(
        WorkerProcess.start(new WorkerSettings(node(name, freePort()), model, MEMORY, 1)));
  }

  /** A worker with a media driver of its own, which takes frames at {@code dataPort}. */
  WorkerProcess udpWorker(String name, int dataPort) {
    NodeSettings shared = node(name, freePort());
    NodeSettings apart =
        new NodeSettings(
            name,
            shared.bindHost(),
            shared.advertiseHost(),
            shared.controlPort(),
            shared.seeds(),
            new NodeSettings.DataPlane(null, dataPort, shared.data().streamBase()),
            folder,
            false);
    return started(WorkerProcess.start(new WorkerSettings(apart, null, MEMORY, 1)));
  }

  TestGateway gateway(String name) {
    return started(new TestGateway(node(name, freePort())));
  }

  /** Closes one part early. */
  void stop(AutoCloseable part) throws Exception {
    running.remove(part);
    part.close();
  }

  private <T extends AutoCloseable> T started(T part) {
    running.push(part);
    return part;
  }

  private NodeSettings node(String name, int port) {
    return new NodeSettings(
        name,
        "127.0.0.1",
        "127.0.0.1",
        port,
        List.of("127.0.0.1:" + seed),
        new NodeSettings.DataPlane(driver.directory(), 0, ++streams),
        folder.resolve(name),
        false);
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException("no free port", e);
    }
  }

  @Override
  public void close() throws Exception {
    while (!running.isEmpty()) {
      running.pop().close();
    }
    driver.close();
  }
}
