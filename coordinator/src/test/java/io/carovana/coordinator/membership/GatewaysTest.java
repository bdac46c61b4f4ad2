package io.carovana.coordinator.membership;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.carovana.protocol.v1.GatewayHello;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class GatewaysTest {
  private static final ActorTestKit KIT = ActorTestKit.create();

  private final Gateways gateways = new Gateways();
  private final ActorRef<Message> ref = KIT.<Message>createTestProbe().ref();

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @Test
  void gatewaysOfOneNameLiveSideBySide() {
    assertThat(gateways.hear(hello("a", "10.0.0.1:7370"), ref, 0)).isEmpty();
    assertThat(gateways.hear(hello("b", "10.0.0.1:7371"), ref, 1)).isEmpty();
    assertThat(gateways.hear(hello("a", "10.0.0.1:7370"), ref, 2)).isEmpty();
    assertThat(gateways.knows("a") && gateways.knows("b")).isTrue();
  }

  @Test
  void aProcessAtTheSameAddressSucceedsTheOneBefore() {
    gateways.hear(hello("a", "10.0.0.1:7370"), ref, 0);
    assertThat(gateways.hear(hello("b", "10.0.0.1:7370"), ref, 1))
        .extracting(Gateways.Gateway::incarnation)
        .containsExactly("a");
    assertThat(gateways.knows("a")).isFalse();
  }

  private static GatewayHello hello(String incarnation, String address) {
    return GatewayHello.newBuilder()
        .setNode("gateway-host")
        .setIncarnation(incarnation)
        .setReplyTo("pekko://carovana@" + address + "/user#1")
        .build();
  }
}
