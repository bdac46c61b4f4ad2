package io.carovana.protocol.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.carovana.protocol.NodeSettings;
import java.net.BindException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;

/** Starts and stops the actor system of a role; everything it needs is in the settings. */
public final class ClusterSystem {
  /** Name of every actor system; part of all addresses. */
  public static final String NAME = "carovana";

  /** Role of the processes that vote and host the coordinator. */
  public static final String COORDINATOR = "coordinator";

  /** Role of workers. */
  public static final String WORKER = "worker";

  /** Role of gateways. */
  public static final String GATEWAY = "gateway";

  private static final Duration LEAVE_LIMIT = Duration.ofSeconds(12);

  private ClusterSystem() {}

  /**
   * Starts a system that listens, joins through the seeds and keeps trying.
   *
   * @param guardian the root behaviour, addressed as {@code /user}
   * @throws PortInUseException if the control port is taken
   * @throws IllegalArgumentException if an address is beyond loopback and that was not allowed, or
   *     a role that must not form a cluster is its own first seed
   */
  public static <T> ActorSystem<T> start(NodeSettings settings, String role, Behavior<T> guardian) {
    requireAllowed(settings, role);
    try {
      return ActorSystem.create(guardian, NAME, config(settings, role));
    } catch (RuntimeException e) {
      if (causedByBind(e)) {
        throw new PortInUseException(settings.bindHost(), settings.controlPort(), e);
      }
      throw e;
    }
  }

  /** Leaves the cluster in order and stops; gives up waiting after a limit. */
  public static void leave(ActorSystem<?> system) {
    try {
      var done =
          CoordinatedShutdown.get(system)
              .runAll(CoordinatedShutdown.clusterLeavingReason())
              .toCompletableFuture();
      done.get(LEAVE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      system.terminate();
    } catch (ExecutionException | TimeoutException e) {
      system.log().warn("left without an orderly shutdown: {}", e.toString());
      system.terminate();
    }
  }

  /** The address of the system that listens at {@code hostAndPort}. */
  static String address(String hostAndPort) {
    return "pekko://" + NAME + "@" + hostAndPort;
  }

  private static Config config(NodeSettings settings, String role) {
    List<String> seeds = settings.seeds().stream().map(ClusterSystem::address).toList();
    return ConfigFactory.empty()
        .withValue("pekko.remote.artery.canonical.hostname", value(settings.advertiseHost()))
        .withValue("pekko.remote.artery.canonical.port", value(settings.controlPort()))
        .withValue("pekko.remote.artery.bind.hostname", value(settings.bindHost()))
        .withValue("pekko.remote.artery.bind.port", value(settings.controlPort()))
        .withValue("pekko.cluster.seed-nodes", value(seeds))
        .withValue("pekko.cluster.roles", value(List.of(role)))
        .withFallback(
            ConfigFactory.parseResources(
                ClusterSystem.class,
                "cluster.conf",
                ConfigParseOptions.defaults().setAllowMissing(false)))
        .withFallback(ConfigFactory.defaultReference())
        .resolve();
  }

  private static ConfigValue value(Object value) {
    return ConfigValueFactory.fromAnyRef(value);
  }

  private static void requireAllowed(NodeSettings settings, String role) {
    String own = settings.advertiseHost() + ":" + settings.controlPort();
    if (!role.equals(COORDINATOR) && settings.seeds().contains(own)) {
      throw new IllegalArgumentException(
          "a " + role + " cannot be its own seed " + own + "; name the coordinator's address");
    }
    if (settings.seeds().isEmpty()) {
      throw new IllegalArgumentException("no seed address; name the coordinator's host:port");
    }
    requireOwn(settings.bindHost());
    for (String host : List.of(settings.bindHost(), settings.advertiseHost())) {
      if (!settings.allowInsecureNetwork() && !loopback(host)) {
        throw new IllegalArgumentException(
            host
                + " is reachable from other machines and the control plane is not encrypted;"
                + " bind to 127.0.0.1 or allow it with --allow-insecure-network");
      }
    }
  }

  private static void requireOwn(String host) {
    try {
      InetAddress address = InetAddress.getByName(host);
      if (!address.isAnyLocalAddress() && NetworkInterface.getByInetAddress(address) == null) {
        throw new IllegalArgumentException(
            "--bind " + host + " is not an address of this machine; name one that is");
      }
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("cannot resolve the address " + host, e);
    } catch (SocketException e) {
      throw new IllegalArgumentException("cannot list this machine's addresses", e);
    }
  }

  private static boolean loopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("cannot resolve the address " + host, e);
    }
  }

  private static boolean causedByBind(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        return true;
      }
    }
    return false;
  }
}
