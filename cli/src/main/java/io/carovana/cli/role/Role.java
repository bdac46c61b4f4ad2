package io.carovana.cli.role;

import io.carovana.protocol.Failure;
import java.util.Optional;

/** A started role of the cluster. */
interface Role extends AutoCloseable {
  /** Waits until it has ended; the failure that ended it, empty after {@link #close}. */
  Optional<Failure> awaitTermination() throws InterruptedException;

  /** Leaves the cluster and stops. */
  @Override
  void close();
}
