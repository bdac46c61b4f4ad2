package io.carovana.cli.role;

import io.carovana.cli.config.ConfigException;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.instance.InstanceFolder;
import io.carovana.protocol.NodeSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;

/**
 * What the roles have in common, out of the settings.
 *
 * @param kind which role
 * @param settings the settings
 * @param place where a supervisor put it
 * @param home folder of everything Carovana keeps
 */
record RoleSettings(Kind kind, Settings settings, SupervisorPlace place, Path home) {
  /** A role and its fixed ports. */
  enum Kind {
    COORDINATOR(7350, 7351),
    WORKER(7360, 7361),
    GATEWAY(7370, 7371);

    private final int controlPort;
    private final int dataPort;

    Kind(int controlPort, int dataPort) {
      this.controlPort = controlPort;
      this.dataPort = dataPort;
    }

    /** Name of the command and of the log file. */
    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** Settings every role takes as flags. */
  static final List<Setting> COMMON =
      List.of(
          Setting.NODE,
          Setting.BIND,
          Setting.ADVERTISE,
          Setting.CONTROL_PORT,
          Setting.DATA_PORT,
          Setting.SEEDS,
          Setting.ALLOW_INSECURE_NETWORK);

  /** Name in status and logs; role and host name when nobody chose one. */
  String node() {
    return settings.text(Setting.NODE).orElseGet(() -> kind.word() + "-" + hostName());
  }

  String bind() {
    return settings.requireText(Setting.BIND);
  }

  /**
   * Addresses and folders of the role.
   *
   * @throws ConfigException if they reach beyond loopback without permission
   */
  NodeSettings nodeSettings() {
    String advertise = settings.text(Setting.ADVERTISE).orElse(bind());
    boolean allowed = settings.flag(Setting.ALLOW_INSECURE_NETWORK);
    requireLoopback(Setting.BIND, bind(), allowed);
    requireLoopback(Setting.ADVERTISE, advertise, allowed);
    if (InetAddress.ofLiteral(addressOf(advertise)).isAnyLocalAddress()) {
      throw new ConfigException(
          advertise + " is not an address others can reach; say which one is with --advertise.");
    }
    int controlPort = settings.integer(Setting.CONTROL_PORT).orElse(kind.controlPort);
    List<String> seeds = settings.addresses(Setting.SEEDS);
    if (seeds.isEmpty()) {
      seeds =
          List.of(
              kind == Kind.COORDINATOR
                  ? advertise + ":" + controlPort
                  : "127.0.0.1:" + Kind.COORDINATOR.controlPort);
    }
    return new NodeSettings(
        node(),
        bind(),
        advertise,
        controlPort,
        seeds,
        new NodeSettings.DataPlane(
            place.aeronDir().orElse(null),
            settings.integer(Setting.DATA_PORT).orElse(kind.dataPort),
            place.streamBase()),
        stateDir(),
        allowed);
  }

  /** Folder of the process's state. */
  Path stateDir() {
    return place.stateDir().orElseGet(() -> folder().role(kind.word()));
  }

  /** The log file. */
  Path logFile() {
    return place.logDir().orElseGet(() -> folder().logs()).resolve(node() + ".log");
  }

  private InstanceFolder folder() {
    return new InstanceFolder(home, node());
  }

  private static void requireLoopback(Setting setting, String host, boolean allowed) {
    if (!allowed && !InetAddress.ofLiteral(addressOf(host)).isLoopbackAddress()) {
      throw new ConfigException(
          setting.flag()
              + " "
              + host
              + " can be reached from other machines, and nothing is encrypted yet. In a network"
              + " where that is acceptable, add --allow-insecure-network.");
    }
  }

  private static String addressOf(String host) {
    try {
      return InetAddress.getByName(host).getHostAddress();
    } catch (UnknownHostException e) {
      throw new ConfigException("There is no address for the host name " + host + ".");
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9._-]", "-");
    } catch (UnknownHostException e) {
      return "host";
    }
  }
}
