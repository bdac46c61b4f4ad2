package io.carovana.cli.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopCommandTest {
  private static final int LOOKS = 3;

  private final Captured captured = new Captured(Map.of());
  private final AtomicInteger looks = new AtomicInteger();
  private HttpServer gateway;
  private String url;

  TopCommandTest() throws IOException {
    gateway = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
    url = "http://127.0.0.1:" + gateway.getAddress().getPort();
  }

  /** A gateway that answers some times, and then does not know the route any more. */
  @BeforeEach
  void start() {
    gateway.createContext(
        "/admin/v1/status",
        exchange -> {
          byte[] body = StatusTextTest.BUSY.getBytes(UTF_8);
          int status = looks.incrementAndGet() > LOOKS ? 404 : 200;
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    gateway.start();
  }

  @AfterEach
  void stop() {
    gateway.stop(0);
  }

  @Test
  void looksOnce() {
    assertThat(captured.run("top", "--once", "--url", url)).isZero();
    assertThat(captured.out())
        .contains("34 % of 100000 tokens, 4096 cached, 12 s left")
        .doesNotContain("\033");
    assertThat(looks).hasValue(1);
  }

  @Test
  void looksAgainUntilTheGatewayIsGone() {
    assertThat(captured.run("top", "--interval", "0.1", "--requests", "1", "--url", url))
        .isEqualTo(1);
    assertThat(captured.err()).contains("404");
    assertThat(looks).hasValue(LOOKS + 1);
    assertThat(captured.out().lines().filter(line -> line.endsWith(": serving"))).hasSize(LOOKS);
    assertThat(captured.out().lines().filter("and 2 more"::equals)).hasSize(LOOKS);
    assertThat(captured.out()).doesNotContain("\033");
  }

  @Test
  void writesJsonForPrograms() {
    assertThat(captured.run("top", "--once", "--output", "json", "--url", url)).isZero();
    assertThat(Json.read(captured.out())).isEqualTo(Json.read(StatusTextTest.BUSY));
  }

  @Test
  void statusShowsTheSameAndTheNodes() {
    assertThat(captured.run("status", "--url", url)).isZero();
    assertThat(captured.out()).contains("12 s left", "worker-1             worker");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--interval=0", "--interval=NaN", "--interval=3601", "--requests=-1"})
  void refusesAFlagThatMakesNoSense(String flag) {
    assertThat(captured.run("top", flag, "--url", url)).isEqualTo(2);
    assertThat(captured.err()).contains(flag.substring(0, flag.indexOf('=')), "must be");
    assertThat(looks).hasValue(0);
  }
}
