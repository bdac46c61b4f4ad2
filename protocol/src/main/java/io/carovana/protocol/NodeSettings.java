package io.carovana.protocol;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What every role of the cluster is started with.
 *
 * @param node the operator's name for this machine or process
 * @param bindHost address to listen on
 * @param advertiseHost address others reach it at
 * @param controlPort port of the control plane (Pekko Artery TCP)
 * @param seeds control addresses {@code host:port} of the coordinators; only the first forms a
 *     cluster
 * @param data how the data plane is reached
 * @param stateDir folder of this process for state and logs
 * @param allowInsecureNetwork whether addresses beyond loopback are allowed without encryption
 */
public record NodeSettings(
    String node,
    String bindHost,
    String advertiseHost,
    int controlPort,
    List<String> seeds,
    DataPlane data,
    Path stateDir,
    boolean allowInsecureNetwork) {

  /** Copies the list. */
  public NodeSettings {
    seeds = List.copyOf(seeds);
  }

  /**
   * The data plane of one process.
   *
   * @param aeronDir directory of a media driver hosted elsewhere on this machine (IPC); null to
   *     embed a driver of its own and use UDP
   * @param dataPort UDP port frames arrive on; unused with IPC
   * @param streamBase first of this process's stream ids; distinct for every process of one driver
   */
  public record DataPlane(@Nullable Path aeronDir, int dataPort, int streamBase) {
    /** Whether frames travel through shared memory. */
    public boolean ipc() {
      return aeronDir != null;
    }
  }
}
