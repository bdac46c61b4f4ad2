package io.carovana.cli.instance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstanceFolderTest {
  @TempDir Path home;

  @Test
  void theStateComesBackAsItWasWritten() throws IOException {
    InstanceFolder folder = new InstanceFolder(home, "x");
    folder.create();
    assertThat(folder.read()).isEmpty();
    InstanceState state =
        new InstanceState(
            InstanceState.SERVING,
            "http://127.0.0.1:8080",
            "/dev/shm/x",
            ProcessIdentity.self(),
            Map.of(
                "worker-1", new ProcessIdentity(7, "boot-9"), "gateway", ProcessIdentity.self()));
    folder.write(state);
    assertThat(folder.read()).hasValue(state);
    folder.clear();
    assertThat(folder.read()).isEmpty();
  }

  @Test
  void oneSupervisorHasTheInstance() throws IOException {
    InstanceFolder folder = new InstanceFolder(home, "x");
    assertThat(folder.isRunning()).isFalse();
    try (var lock = folder.tryLock().orElseThrow()) {
      assertThat(lock.isOpen()).isTrue();
      assertThat(folder.tryLock()).isEmpty();
      assertThat(folder.isRunning()).isTrue();
      assertThat(Preflight.instanceTaken(folder, "x").orElseThrow())
          .contains("'x' is already running")
          .contains("carovana down --name x");
    }
    assertThat(folder.isRunning()).isFalse();
    assertThat(Preflight.instanceTaken(folder, "x")).isEmpty();
  }

  @Test
  void aTakenPortNamesTheFlag() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(Preflight.portTaken("127.0.0.1", socket.getLocalPort()).orElseThrow())
          .contains("port " + socket.getLocalPort() + " is taken")
          .contains("--port");
    }
  }
}
