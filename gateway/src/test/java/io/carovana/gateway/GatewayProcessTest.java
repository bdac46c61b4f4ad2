package io.carovana.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.protocol.NodeSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GatewayProcessTest {
  @Test
  void servesBeforeThereIsACoordinator() throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(settings("127.0.0.1", 0, false, List.of()));
        HttpClient client = HttpClient.newHttpClient()) {
      URI health = URI.create("http://127.0.0.1:" + gateway.httpPort() + "/health");
      var response = client.send(HttpRequest.newBuilder(health).build(), BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(response.body()).contains("no coordinator has answered yet");
    }
  }

  @Test
  void aTakenPortIsNamedWithTheOptionThatChangesIt() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> GatewayProcess.start(settings("127.0.0.1", port, false, List.of())))
          .isInstanceOfSatisfying(HttpBindException.class, e -> assertThat(e.inUse()).isTrue())
          .hasMessageContaining("127.0.0.1:" + port)
          .hasMessageContaining("--port");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, false, '', --allow-insecure-network",
    "0.0.0.0, false, key, --allow-insecure-network",
    "0.0.0.0, true, '', API key",
    "127.0.0.1, false, ' ', blank",
  })
  void refusesToOpenAnUnprotectedService(String host, boolean allowed, String key, String message) {
    List<String> keys = key.isEmpty() ? List.of() : List.of(key);
    assertThatThrownBy(() -> GatewayProcess.start(settings(host, 0, allowed, keys)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static GatewaySettings settings(String host, int port, boolean allowed, List<String> keys)
      throws IOException {
    int controlPort;
    try (ServerSocket free = new ServerSocket(0)) {
      controlPort = free.getLocalPort();
    }
    NodeSettings node =
        new NodeSettings(
            "gateway-1",
            "127.0.0.1",
            "127.0.0.1",
            controlPort,
            List.of("127.0.0.1:1"),
            new NodeSettings.DataPlane(null, 0, 0),
            Path.of("target"),
            allowed);
    return new GatewaySettings(node, host, port, keys, null, 1 << 20, 60_000);
  }
}
