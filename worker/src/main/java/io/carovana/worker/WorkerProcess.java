package io.carovana.worker;

import io.carovana.protocol.Failure;
import io.carovana.protocol.cluster.PortInUseException;
import java.util.Optional;

/** The worker role of a process: link to the coordinator, shard and step engine. */
public final class WorkerProcess implements AutoCloseable {
  private WorkerProcess() {}

  /**
   * Listens and starts to join; loading begins when the coordinator assigns a shard.
   *
   * @throws PortInUseException if the control port is taken
   * @throws IllegalArgumentException if a setting is out of range, naming it
   */
  public static WorkerProcess start(WorkerSettings settings) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Waits until the role has ended: empty after {@link #close}, a failure when the coordinator
   * refused this worker for good (wrong model, version, memory).
   */
  public Optional<Failure> awaitTermination() throws InterruptedException {
    throw new UnsupportedOperationException("not yet");
  }

  /** Says goodbye, leaves the cluster, frees the shard and stops. */
  @Override
  public void close() {}
}
