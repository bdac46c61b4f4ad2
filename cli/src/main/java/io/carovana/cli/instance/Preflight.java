package io.carovana.cli.instance;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.Optional;

/**
 * Whether {@code up} has a chance: the instance is not running and its port is free. The launcher
 * runs this from source before it builds; {@code up} asks again when it starts.
 */
public final class Preflight {
  /** Exit status for a taken port or instance. */
  public static final int TAKEN = 4;

  private static final int DEFAULT_PORT = 8080;

  private Preflight() {}

  /** Checks what the command line says; exits with {@link #TAKEN} and a message. */
  public static void main(String[] args) {
    Map<String, String> environment = System.getenv();
    String name = argument(args, environment, "name").orElse("default");
    InstanceFolder folder = new InstanceFolder(InstanceFolder.home(environment), name);
    Optional<String> problem = instanceTaken(folder, name);
    if (problem.isEmpty()) {
      problem = portProblem(args, environment);
    }
    problem.ifPresent(
        message -> {
          System.err.println("carovana: " + message);
          System.exit(TAKEN);
        });
  }

  /** Why the instance cannot be started; empty when it can. */
  public static Optional<String> instanceTaken(InstanceFolder folder, String name) {
    if (!folder.isRunning()) {
      return Optional.empty();
    }
    String url = folder.read().map(InstanceState::url).orElse("");
    return Optional.of(
        "the instance '"
            + name
            + "' is already running"
            + (url.isEmpty() ? "" : " at " + url)
            + ". 'carovana down"
            + (name.equals("default") ? "" : " --name " + name)
            + "' ends it; --name starts another one.");
  }

  /** Why the gateway cannot listen at {@code host:port}; empty when it can. */
  public static Optional<String> portTaken(String host, int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          "port "
              + port
              + " is taken ("
              + e.getMessage()
              + "). Choose another: --port "
              + (port < 65_535 ? port + 1 : DEFAULT_PORT));
    }
  }

  private static Optional<String> portProblem(String[] args, Map<String, String> environment) {
    Optional<String> port = argument(args, environment, "port");
    boolean elsewhere =
        argument(args, environment, "config").isPresent()
            || argument(args, environment, "profile").isPresent();
    if (port.isEmpty() && elsewhere) {
      return Optional.empty(); // a file may name the port; files are read after the build
    }
    try {
      int number = port.map(Integer::parseInt).orElse(DEFAULT_PORT);
      return number < 1 || number > 65_535 ? Optional.empty() : portTaken("127.0.0.1", number);
    } catch (NumberFormatException e) {
      return Optional.empty(); // refused with the other flags
    }
  }

  private static Optional<String> argument(
      String[] args, Map<String, String> environment, String key) {
    String flag = "--" + key;
    for (int i = 0; i < args.length; i++) {
      if (args[i].equals(flag) && i + 1 < args.length) {
        return Optional.of(args[i + 1]);
      }
      if (args[i].startsWith(flag + "=")) {
        return Optional.of(args[i].substring(flag.length() + 1));
      }
    }
    return Optional.ofNullable(
            environment.get("CAROVANA_" + key.toUpperCase(java.util.Locale.ROOT)))
        .filter(value -> !value.isEmpty());
  }
}
