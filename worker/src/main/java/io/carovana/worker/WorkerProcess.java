package io.carovana.worker;

import com.google.protobuf.Message;
import io.carovana.protocol.Failure;
import io.carovana.protocol.NodeSettings;
import io.carovana.protocol.cluster.ClusterSystem;
import io.carovana.protocol.cluster.CoordinatorLink;
import io.carovana.protocol.cluster.PortInUseException;
import io.carovana.transport.AeronNode;
import io.carovana.worker.control.WorkerControl;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The worker role of a process: link to the coordinator, shard and step engine. */
public final class WorkerProcess implements AutoCloseable {
  private final AeronNode node;
  private final WorkerControl control;
  private final CoordinatorLink link;
  private final CompletableFuture<Optional<Failure>> ended;
  private final AtomicBoolean closed = new AtomicBoolean();

  private WorkerProcess(
      AeronNode node,
      WorkerControl control,
      CoordinatorLink link,
      CompletableFuture<Optional<Failure>> ended) {
    this.node = node;
    this.control = control;
    this.link = link;
    this.ended = ended;
  }

  /**
   * Listens and starts to join; loading begins when the coordinator assigns a shard.
   *
   * @throws PortInUseException if the control port is taken
   * @throws io.carovana.transport.DataPortException if the data port is taken
   * @throws IllegalArgumentException if a setting is out of range, naming it
   */
  public static WorkerProcess start(WorkerSettings settings) {
    if (settings.memoryBytes() <= 0 || settings.threads() <= 0) {
      throw new IllegalArgumentException(
          "memory and threads of a worker must be positive, are "
              + settings.memoryBytes()
              + " bytes and "
              + settings.threads());
    }
    CompletableFuture<Optional<Failure>> ended = new CompletableFuture<>();
    AtomicReference<@Nullable CoordinatorLink> link = new AtomicReference<>();
    AeronNode node = dataPlane(settings.node());
    WorkerControl control =
        new WorkerControl(
            settings,
            node,
            message -> send(link, message),
            failure -> ended.complete(Optional.of(failure)));
    try {
      CoordinatorLink started =
          CoordinatorLink.start(settings.node(), ClusterSystem.WORKER, control);
      link.set(started);
      return new WorkerProcess(node, control, started, ended);
    } catch (RuntimeException e) {
      control.close();
      node.close();
      throw e;
    }
  }

  private static AeronNode dataPlane(NodeSettings settings) {
    NodeSettings.DataPlane data = settings.data();
    Path driver = data.aeronDir();
    return driver != null
        ? AeronNode.connect(driver, data.streamBase())
        : AeronNode.embed(
            settings.bindHost(),
            settings.advertiseHost(),
            data.dataPort(),
            data.streamBase(),
            settings.stateDir());
  }

  /** What is sent before the link stands is lost; the coordinator asks again by its next hello. */
  private static void send(AtomicReference<@Nullable CoordinatorLink> link, Message message) {
    CoordinatorLink current = link.get();
    if (current != null) {
      current.send(message);
    }
  }

  /**
   * Waits until the role has ended: empty after {@link #close}, a failure when the coordinator
   * refused this worker for good (wrong model, version, memory).
   */
  public Optional<Failure> awaitTermination() throws InterruptedException {
    try {
      return ended.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("never completed exceptionally", e);
    }
  }

  /** Says goodbye, leaves the cluster, frees the shard and stops. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      link.close();
      control.close();
      node.close();
      ended.complete(Optional.empty());
    }
  }
}
