package io.carovana.protocol.cluster;

import com.google.protobuf.Message;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;

/** Actor references as the strings that travel in {@code reply_to}. */
public final class WireRefs {
  /** Longest reference accepted, characters. */
  private static final int MAX_LENGTH = 1024;

  private WireRefs() {}

  /** The string other processes can address {@code ref} by. */
  public static String toWire(ActorSystem<?> system, ActorRef<Message> ref) {
    return ActorRefResolver.get(system).toSerializationFormat(ref);
  }

  /** The {@code host:port} of the process that {@code wire} points into, as far as it names one. */
  public static String address(String wire) {
    int start = wire.indexOf('@') + 1;
    int end = wire.indexOf('/', start);
    return start == 0 || end < 0 ? wire : wire.substring(start, end);
  }

  /** The actor behind {@code wire}; empty when that is no reference at all. */
  public static Optional<ActorRef<Message>> fromWire(ActorSystem<?> system, String wire) {
    if (wire.isEmpty() || wire.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    try {
      ActorRef<Message> ref = ActorRefResolver.get(system).resolveActorRef(wire);
      boolean nobody = ref.equals(system.deadLetters());
      return nobody ? Optional.empty() : Optional.of(ref);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
