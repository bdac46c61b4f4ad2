package io.carovana.transport;

import io.aeron.Aeron;
import io.aeron.CommonContext;
import io.aeron.ExclusivePublication;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.carovana.transport.Endpoint.Lane;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process's access to Aeron: through a driver hosted elsewhere on the machine (IPC), or through a
 * driver of its own (UDP unicast), whose port is taken as long as the node lives. A client that the
 * driver gave up on, because the process was paused for long, is replaced the next time an epoch
 * begins.
 */
public final class AeronNode implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AeronNode.class);
  private static final long DRIVER_TIMEOUT_MS =
      TimeUnit.NANOSECONDS.toMillis(DriverSettings.CLIENT_LIVENESS_NS);

  private final @Nullable MediaDriver driver;
  private final String driverDirectory;
  private final Endpoint endpoint;
  private final String listenChannel;
  private Aeron client;
  private boolean closed;

  private AeronNode(
      @Nullable MediaDriver driver,
      String driverDirectory,
      Endpoint endpoint,
      String listenChannel) {
    this.driver = driver;
    this.driverDirectory = driverDirectory;
    this.endpoint = endpoint;
    this.listenChannel = listenChannel;
    this.client = connectClient();
  }

  /**
   * Connects to a driver that another process hosts.
   *
   * @param streamBase distinct for every process of that driver, see {@link Endpoint}
   * @throws io.aeron.exceptions.DriverTimeoutException if no driver runs there
   */
  public static AeronNode connect(Path driverDirectory, int streamBase) {
    Endpoint endpoint = Endpoint.ipc(streamBase);
    return new AeronNode(null, driverDirectory.toString(), endpoint, endpoint.channel());
  }

  /**
   * Starts a driver of this process's own and takes its port.
   *
   * @param bindHost address frames are taken at
   * @param advertiseHost address other processes send to
   * @param port UDP port
   * @param streamBase see {@link Endpoint}
   * @param temporary folder for the driver's files where shared memory lacks room
   * @throws DriverDirectory.NoRoomException if there is no room for its buffers
   * @throws DataPortException if the port is taken
   * @throws IllegalArgumentException if {@code bindHost} is not an address of this machine
   */
  public static AeronNode embed(
      String bindHost, String advertiseHost, int port, int streamBase, Path temporary) {
    requirePort(bindHost, port);
    DriverDirectory directory =
        DriverDirectory.choose("udp-" + port, DriverSettings.requiredEmbeddedBytes(), temporary);
    return embed(
        DriverSettings.context(directory.path()), bindHost, advertiseHost, port, streamBase);
  }

  static AeronNode embed(
      MediaDriver.Context context, String bindHost, String advertiseHost, int port, int base) {
    Endpoint endpoint = Endpoint.udp(advertiseHost, port, base);
    String listen = Endpoint.udp(bindHost, port, base).channel();
    context.errorHandler(error -> LOG.warn("media driver", error));
    MediaDriver driver = MediaDriver.launch(context);
    try {
      return new AeronNode(driver, driver.aeronDirectoryName(), endpoint, listen);
    } catch (RuntimeException e) {
      driver.close();
      throw e;
    }
  }

  /** Asks before the driver does: its own answer comes as a stack trace. */
  private static void requirePort(String host, int port) {
    try {
      bindBriefly(host, port);
    } catch (SocketException e) {
      try {
        bindBriefly(host, 0);
      } catch (SocketException notHere) {
        throw new IllegalArgumentException(
            "--bind " + host + " is not an address of this machine; name one that is", notHere);
      }
      throw new DataPortException(host, port, e);
    }
  }

  private static void bindBriefly(String host, int port) throws SocketException {
    new DatagramSocket(new InetSocketAddress(host, port)).close();
  }

  private Aeron connectClient() {
    Aeron connected = connectAeron();
    if (!endpoint.isIpc()) {
      try {
        // The driver has the port only while something listens there, and epochs come and go.
        connected.addSubscription(listenChannel, endpoint.stream(Lane.NOTHING, 0));
      } catch (RuntimeException e) {
        connected.close();
        throw e;
      }
    }
    return connected;
  }

  private Aeron connectAeron() {
    return Aeron.connect(
        new Aeron.Context()
            .aeronDirectoryName(driverDirectory)
            .driverTimeoutMs(DRIVER_TIMEOUT_MS)
            .errorHandler(error -> LOG.warn("Aeron client", error))
            .subscriberErrorHandler(
                error -> {
                  throw error instanceof RuntimeException e ? e : new IllegalStateException(error);
                }));
  }

  /** Where others reach this process. */
  public Endpoint endpoint() {
    return endpoint;
  }

  /** Listens on a lane of an epoch. */
  Subscription subscribe(Lane lane, long epoch) {
    return client().addSubscription(listenChannel, endpoint.stream(lane, epoch));
  }

  /** Opens a publication of one writer to another process. */
  ExclusivePublication publish(Endpoint to, Lane lane, long epoch, int termBytes) {
    if (to.isIpc() && !endpoint.isIpc()) {
      throw new LinkException(
          "stream base " + to.streamBase() + " takes frames through shared memory of another host");
    }
    int mtu = Math.min(termBytes / 8, to.isIpc() ? DriverSettings.IPC_MTU : mtu(to.channel()));
    String separator = to.isIpc() ? "?" : "|";
    String channel =
        to.channel()
            + separator
            + CommonContext.TERM_LENGTH_PARAM_NAME
            + "="
            + termBytes
            + "|"
            + CommonContext.MTU_LENGTH_PARAM_NAME
            + "="
            + mtu
            + "|"
            + CommonContext.SPARSE_PARAM_NAME
            + "=true";
    return client().addExclusivePublication(channel, to.stream(lane, epoch));
  }

  private static int mtu(String channel) {
    boolean loopback =
        channel.contains("endpoint=127.")
            || channel.contains("endpoint=localhost:")
            || channel.contains("endpoint=[::1]:");
    return loopback ? DriverSettings.LOOPBACK_MTU : DriverSettings.NETWORK_MTU;
  }

  private synchronized Aeron client() {
    if (closed) {
      throw new LinkException("the data plane of this process is closed");
    }
    if (client.isClosed()) {
      LOG.info("connecting to the media driver again");
      client = connectClient();
    }
    return client;
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    client.close();
    if (driver != null) {
      driver.close();
    }
  }
}
