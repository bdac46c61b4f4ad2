package io.carovana.coordinator;

import io.carovana.protocol.Failure;
import io.carovana.protocol.cluster.PortInUseException;
import java.util.Optional;

/** The coordinator role of a process: control plane, scheduler and data-plane end. */
public final class CoordinatorProcess implements AutoCloseable {
  private CoordinatorProcess() {}

  /**
   * Opens the model, listens, and forms or joins the cluster; returns when hellos are answered.
   *
   * @throws PortInUseException if the control port is taken
   * @throws io.carovana.model.files.ModelException if the model cannot be served
   * @throws IllegalArgumentException if a setting is out of range, naming it
   */
  public static CoordinatorProcess start(CoordinatorSettings settings) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Waits until the role has ended; the failure that ended it, empty after {@link #close}. */
  public Optional<Failure> awaitTermination() throws InterruptedException {
    throw new UnsupportedOperationException("not yet");
  }

  /** Leaves the cluster and stops; requests still running end with an error. */
  @Override
  public void close() {}
}
