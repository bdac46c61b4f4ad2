package io.carovana.coordinator.membership;

import com.google.protobuf.Message;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;

/** Shuts a fenced process out of the cluster, so that it cannot hold up those who join. */
@FunctionalInterface
interface Fence {
  /** Downs the member that {@code ref} lives in. */
  void down(ActorRef<Message> ref);

  /** A fence around the cluster of {@code system}, which never downs itself. */
  static Fence of(ActorSystem<?> system) {
    return ref -> {
      Address address = ref.path().address();
      Cluster cluster = Cluster.get(system);
      if (address.hasGlobalScope() && !address.equals(cluster.selfMember().address())) {
        cluster.manager().tell(new Down(address));
      }
    };
  }
}
