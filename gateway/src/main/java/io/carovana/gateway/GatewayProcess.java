package io.carovana.gateway;

import io.carovana.gateway.engine.ClusterEngine;
import io.carovana.gateway.http.HttpFront;
import io.carovana.protocol.Failure;
import io.carovana.protocol.cluster.PortInUseException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gateway role of a process: HTTP server and link to the coordinator. */
public final class GatewayProcess implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GatewayProcess.class);

  private final HttpFront http;
  private final ClusterEngine.Linked cluster;
  private final CountDownLatch ended = new CountDownLatch(1);

  private GatewayProcess(HttpFront http, ClusterEngine.Linked cluster) {
    this.http = http;
    this.cluster = cluster;
  }

  /**
   * Listens for clients and starts to join; {@code /health} says 503 until the cluster serves.
   *
   * @throws HttpBindException if the HTTP port cannot be listened on
   * @throws PortInUseException if the control port is taken
   * @throws IllegalArgumentException if a setting is out of range or would open an unprotected
   *     service to the network, naming it
   */
  public static GatewayProcess start(GatewaySettings settings) {
    requireProtected(settings);
    ClusterEngine.Linked cluster = ClusterEngine.start(settings.node());
    try {
      HttpFront http = HttpFront.listen(cluster.engine(), settings);
      LOG.info("serving HTTP on {}:{}", settings.httpHost(), http.port());
      return new GatewayProcess(http, cluster);
    } catch (IOException e) {
      cluster.link().close();
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new HttpBindException(settings.httpHost(), settings.httpPort(), cause);
    }
  }

  /** The port clients connect to; differs from the setting where that is 0. */
  public int httpPort() {
    return http.port();
  }

  /** Waits until {@link #close}; a gateway does not end by itself. */
  public Optional<Failure> awaitTermination() throws InterruptedException {
    ended.await();
    return Optional.empty();
  }

  /** Stops listening, cancels what runs, leaves the cluster. */
  @Override
  public void close() {
    http.close();
    cluster.link().close();
    ended.countDown();
  }

  private static void requireProtected(GatewaySettings settings) {
    for (String key : settings.apiKeys()) {
      if (key.isBlank()) {
        throw new IllegalArgumentException("an API key must not be blank");
      }
    }
    if (settings.maxBodyBytes() <= 0) {
      throw new IllegalArgumentException("the largest body must be at least 1 byte");
    }
    if (settings.requestLimitMs() <= 0) {
      throw new IllegalArgumentException("the longest run of a request must be at least 1 ms");
    }
    if (loopback(settings.httpHost())) {
      return;
    }
    if (!settings.node().allowInsecureNetwork()) {
      throw new IllegalArgumentException(
          "the HTTP address "
              + settings.httpHost()
              + " is reachable from other machines and nothing is encrypted; listen on 127.0.0.1"
              + " or allow it with --allow-insecure-network");
    }
    if (settings.apiKeys().isEmpty()) {
      throw new IllegalArgumentException(
          "the HTTP address "
              + settings.httpHost()
              + " is reachable from other machines; set an API key");
    }
  }

  private static boolean loopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("cannot resolve the HTTP address " + host, e);
    }
  }
}
