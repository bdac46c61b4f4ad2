package io.carovana.transport;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.aeron.driver.MediaDriver;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Several processes' worth of nodes inside this one, with one thread per rank. */
final class Mesh implements AutoCloseable {
  /** How frames travel. */
  enum Medium {
    IPC,
    UDP
  }

  /** A rank's part of a test. */
  interface Part<T> {
    T run(AeronLinks links) throws Exception;
  }

  private static final int TIMEOUT_SECONDS = 120;

  private final Path directory;
  private final @Nullable MediaDriverHost host;
  private final List<AeronNode> nodes = new ArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  Mesh(Medium medium, int size) throws IOException {
    this(medium, size, UnaryOperator.identity());
  }

  Mesh(Medium medium, int size, UnaryOperator<MediaDriver.Context> udpDriver) throws IOException {
    directory = Files.createTempDirectory("carovana-mesh");
    if (medium == Medium.IPC) {
      host = MediaDriverHost.start(directory.resolve("driver"));
      for (int i = 0; i < size; i++) {
        nodes.add(AeronNode.connect(host.directory(), i + 1));
      }
    } else {
      host = null;
      for (int i = 0; i < size; i++) {
        MediaDriver.Context context = DriverSettings.context(directory.resolve("driver" + i));
        nodes.add(
            AeronNode.embed(udpDriver.apply(context), "127.0.0.1", "127.0.0.1", freePort(), i + 1));
      }
    }
  }

  private static int freePort() throws IOException {
    try (DatagramSocket socket =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      return socket.getLocalPort();
    }
  }

  Path directory() {
    return directory;
  }

  AeronNode node(int index) {
    return nodes.get(index);
  }

  /** Ranks on the first nodes; the last node is the coordinator's. */
  Topology topology(long epoch, int... stageSizes) {
    List<Topology.Rank> ranks = new ArrayList<>();
    for (int stage = 0; stage < stageSizes.length; stage++) {
      for (int tp = 0; tp < stageSizes[stage]; tp++) {
        ranks.add(new Topology.Rank(stage, tp, nodes.get(ranks.size()).endpoint()));
      }
    }
    return new Topology(epoch, ranks, nodes.getLast().endpoint());
  }

  AeronLinks links(Topology topology, int rank, FrameCounters counters) {
    return AeronLinks.open(nodes.get(rank), topology, rank, 1 << 20, counters);
  }

  /** Runs {@code part} on every rank, each on its own thread, and returns what they return. */
  <T> List<T> run(Topology topology, Part<T> part) throws Exception {
    List<Callable<T>> calls = new ArrayList<>();
    for (int rank = 0; rank < topology.ranks().size(); rank++) {
      int self = rank;
      calls.add(
          () -> {
            try (AeronLinks links = links(topology, self, new FrameCounters())) {
              T result = part.run(links);
              // as an engine does, stay until all are through
              links.beginStep(Long.MAX_VALUE);
              barrier(links);
              return result;
            }
          });
    }
    return all(calls);
  }

  private static void barrier(AeronLinks links) {
    int[] nodes = new int[links.tpSize()];
    java.util.Arrays.fill(nodes, 1);
    float[] value = {1};
    links.allReduce(Trees.leftToRight(nodes), value, new float[1], 1, 0);
  }

  <T> List<T> all(List<Callable<T>> calls) throws Exception {
    List<Future<T>> futures = calls.stream().map(threads::submit).toList();
    List<T> results = new ArrayList<>();
    try {
      for (Future<T> future : futures) {
        results.add(future.get(TIMEOUT_SECONDS, SECONDS));
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } catch (TimeoutException e) {
      Thread.getAllStackTraces()
          .forEach(
              (thread, stack) -> {
                if (thread.getName().startsWith("pool")) {
                  System.err.println(thread + " " + List.of(stack));
                }
              });
      throw e;
    } finally {
      futures.forEach(future -> future.cancel(true));
    }
    return results;
  }

  ExecutorService threads() {
    return threads;
  }

  void stopDriver() {
    if (host != null) {
      host.close();
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    nodes.forEach(AeronNode::close);
    if (host != null) {
      host.close();
    }
    org.agrona.IoUtil.delete(directory.toFile(), true);
  }
}
