package io.carovana.protocol.cluster;

import com.google.protobuf.Message;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The root of a coordinator's actor system: passes what arrives at the well-known path on to the
 * coordinator singleton, wherever that runs. Addressing the path instead of an actor's identity is
 * what lets workers find a restarted coordinator within a second.
 */
public final class FrontDesk {
  private static final String PATH = "/user";

  private FrontDesk() {}

  /** The behaviour; {@code singleton} starts the coordinator and returns a reference to it. */
  public static Behavior<Message> create(SingletonStarter singleton) {
    return Behaviors.setup(
        context -> {
          ActorRef<Message> coordinator = singleton.start(context.getSystem());
          return Behaviors.receive(Message.class)
              .onAnyMessage(
                  message -> {
                    coordinator.tell(message);
                    return Behaviors.same();
                  })
              .build();
        });
  }

  /** Starts the coordinator singleton. */
  @FunctionalInterface
  public interface SingletonStarter {
    /** Starts it (or a proxy to it) in {@code system}. */
    ActorRef<Message> start(ActorSystem<Void> system);
  }

  static String path(String hostAndPort) {
    return ClusterSystem.address(hostAndPort) + PATH;
  }
}
