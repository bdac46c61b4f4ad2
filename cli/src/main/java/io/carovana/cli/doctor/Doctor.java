package io.carovana.cli.doctor;

import io.carovana.cli.instance.HomeProblem;
import io.carovana.cli.instance.Preflight;
import io.carovana.cli.model.MachineMemory;
import io.carovana.model.memory.ByteSize;
import io.carovana.transport.DriverSettings;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All checks. They leave nothing behind and take well under a second. */
public final class Doctor {
  private static final int JDK_FEATURE = 25;
  private static final int DEMO_WORKERS = 2;
  private static final long DEMO_BYTES = 1_500L << 20;

  /** What Aeron asks for as receive window over UDP. */
  private static final int SOCKET_BUFFER_BYTES = 128 << 10;

  private Doctor() {}

  /**
   * Examines this machine.
   *
   * @param home folder of everything Carovana keeps
   * @param gatewayPort the port {@code up} would take
   */
  public static List<Finding> examine(Path home, int gatewayPort) {
    List<Finding> findings = new ArrayList<>();
    findings.add(java());
    findings.addAll(Processors.examine());
    findings.add(memory(MachineMemory.freeBytes(), MachineMemory.totalBytes()));
    findings.add(sharedMemory(Path.of("/dev/shm"), home));
    findings.add(socketBuffers());
    findings.add(port("port " + gatewayPort + " (gateway)", gatewayPort, "--port"));
    for (int port : new int[] {7350, 7360, 7370}) {
      findings.add(port("port " + port + " (control)", port, "--control-port"));
    }
    findings.add(writable(home));
    return findings;
  }

  private static Finding java() {
    Runtime.Version version = Runtime.version();
    String found = version + " at " + System.getProperty("java.home");
    return version.feature() == JDK_FEATURE
        ? Finding.ok("JDK", found)
        : Finding.fail("JDK", found, "A JDK 25 is needed; set CAROVANA_JAVA_HOME to one.");
  }

  static Finding memory(long free, long total) {
    String found = ByteSize.format(free) + " free of " + ByteSize.format(total);
    return free >= DEMO_BYTES
        ? Finding.ok("memory", found)
        : Finding.fail(
            "memory",
            found,
            "The demo takes up to 1.5 GB; close something, or raise the container's limit.");
  }

  static Finding sharedMemory(Path shared, Path home) {
    long needed = DriverSettings.requiredSharedMemoryBytes(List.of(DEMO_WORKERS));
    if (!Files.isDirectory(shared)) {
      return Finding.warn(
          "shared memory",
          "there is no " + shared,
          "The data plane's files go to " + home + ", which is slower when that is a disk.");
    }
    try {
      long room = Files.getFileStore(shared).getUsableSpace();
      String found =
          "%s free in %s, %s needed for %d workers"
              .formatted(ByteSize.format(room), shared, ByteSize.format(needed), DEMO_WORKERS);
      return room >= needed
          ? Finding.ok("shared memory", found)
          : Finding.warn(
              "shared memory",
              found,
              "The files go to " + home + " instead; in a container, raise --shm-size.");
    } catch (IOException e) {
      return Finding.warn("shared memory", "cannot look into " + shared + ": " + e, "");
    }
  }

  private static Finding socketBuffers() {
    try (DatagramChannel channel = DatagramChannel.open()) {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER_BYTES);
      channel.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER_BYTES);
      int receive = channel.getOption(StandardSocketOptions.SO_RCVBUF);
      int send = channel.getOption(StandardSocketOptions.SO_SNDBUF);
      String found = "receive " + ByteSize.format(receive) + ", send " + ByteSize.format(send);
      return Math.min(receive, send) >= SOCKET_BUFFER_BYTES
          ? Finding.ok("socket buffers", found)
          : Finding.warn(
              "socket buffers",
              found,
              "Between machines, raise net.core.rmem_max and net.core.wmem_max to "
                  + SOCKET_BUFFER_BYTES
                  + " or more (sysctl).");
    } catch (IOException e) {
      return Finding.fail("socket buffers", "cannot open a UDP socket: " + e, "");
    }
  }

  private static Finding port(String check, int port, String flag) {
    return Preflight.portTaken("127.0.0.1", port)
        .map(
            taken ->
                Finding.warn(
                    check,
                    "taken",
                    "If that is not Carovana itself, choose another with " + flag + "."))
        .orElseGet(() -> Finding.ok(check, "free"));
  }

  private static Finding writable(Path home) {
    return HomeProblem.of(home)
        .map(problem -> Finding.fail("home", home.toString(), problem))
        .orElseGet(() -> Finding.ok("home", home + " can be written"));
  }
}
