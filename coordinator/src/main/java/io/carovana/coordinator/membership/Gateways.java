package io.carovana.coordinator.membership;

import com.google.protobuf.Message;
import io.carovana.protocol.cluster.WireRefs;
import io.carovana.protocol.v1.GatewayHello;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;

/** The register of gateways, by incarnation. */
final class Gateways {
  /** Most gateways at once. */
  static final int MAX_GATEWAYS = 64;

  private static final long LOST_NS = Duration.ofSeconds(10).toNanos();

  /** One gateway process. */
  record Gateway(
      String node, String incarnation, String address, ActorRef<Message> ref, long heardNs) {}

  private final Map<String, Gateway> byIncarnation = new HashMap<>();

  /**
   * Takes in a hello; those before it that are gone: other processes at its address, or its own
   * former reference, which nobody listens at any more. Gateways may share a name.
   */
  List<Gateway> hear(GatewayHello hello, ActorRef<Message> ref, long nowNs) {
    String address = WireRefs.address(hello.getReplyTo());
    List<Gateway> replaced = new ArrayList<>();
    for (Gateway gateway : byIncarnation.values()) {
      boolean same = gateway.incarnation().equals(hello.getIncarnation());
      if (same ? !gateway.ref().equals(ref) : gateway.address().equals(address)) {
        replaced.add(gateway);
      }
    }
    replaced.forEach(gateway -> byIncarnation.remove(gateway.incarnation()));
    byIncarnation.put(
        hello.getIncarnation(),
        new Gateway(hello.getNode(), hello.getIncarnation(), address, ref, nowNs));
    return replaced;
  }

  boolean knows(String incarnation) {
    return byIncarnation.containsKey(incarnation);
  }

  boolean full() {
    return byIncarnation.size() >= MAX_GATEWAYS;
  }

  /** Forgets one; whether it was known. */
  boolean remove(String incarnation) {
    return byIncarnation.remove(incarnation) != null;
  }

  /** Forgets those that have been silent too long. */
  List<Gateway> removeSilent(long nowNs) {
    List<Gateway> silent =
        byIncarnation.values().stream()
            .filter(gateway -> nowNs - gateway.heardNs() > LOST_NS)
            .toList();
    silent.forEach(gateway -> byIncarnation.remove(gateway.incarnation()));
    return silent;
  }

  Collection<Gateway> all() {
    return byIncarnation.values();
  }
}
