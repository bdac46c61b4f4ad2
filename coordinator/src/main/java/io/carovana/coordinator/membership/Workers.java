package io.carovana.coordinator.membership;

import com.google.protobuf.Message;
import io.carovana.protocol.v1.WorkerHello;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** The register of workers, by node name. */
final class Workers {
  /** Most names remembered. */
  static final int MAX_NODES = 256;

  /** A worker whose last hello is older takes no new rank. */
  private static final long FRESH_NS = Duration.ofSeconds(4).toNanos();

  /** A worker whose last hello is older is lost. */
  private static final long LOST_NS = Duration.ofSeconds(20).toNanos();

  private final Map<String, Worker> byNode = new TreeMap<>();

  /**
   * What a hello told.
   *
   * @param worker the worker that said it
   * @param before the process that had its name before, if that was another one
   */
  record Heard(Worker worker, @Nullable Worker before) {}

  /** Takes in a hello; empty when no more names can be remembered. */
  Optional<Heard> hear(WorkerHello hello, ActorRef<Message> ref, long nowNs) {
    Worker known = byNode.get(hello.getNode());
    if (known != null && known.incarnation().equals(hello.getIncarnation())) {
      known.hello = hello;
      known.ref = ref;
      known.heardNs = nowNs;
      boolean letGo = known.state == Worker.State.FENCED && !holds(hello, known.fencedEpoch);
      if (letGo || known.state == Worker.State.LOST) {
        known.become(Worker.State.RESERVE, "");
      }
      return Optional.of(new Heard(known, null));
    }
    if (known == null && byNode.size() >= MAX_NODES) {
      return Optional.empty();
    }
    Worker fresh = new Worker(hello, ref, nowNs);
    byNode.put(hello.getNode(), fresh);
    return Optional.of(new Heard(fresh, known));
  }

  /** The worker called {@code node}, if it is that very process. */
  @Nullable Worker find(String node, String incarnation) {
    Worker worker = byNode.get(node);
    return worker != null && worker.incarnation().equals(incarnation) ? worker : null;
  }

  void remove(Worker worker) {
    byNode.remove(worker.node(), worker);
  }

  Collection<Worker> all() {
    return byNode.values();
  }

  /** Those that can take a rank now. */
  List<Worker> eligible(long nowNs) {
    return byNode.values().stream()
        .filter(worker -> worker.state == Worker.State.RESERVE)
        .filter(worker -> nowNs - worker.heardNs <= FRESH_NS)
        .toList();
  }

  /** Those that have been silent too long and are not marked so yet. */
  List<Worker> silent(long nowNs) {
    return byNode.values().stream()
        .filter(worker -> nowNs - worker.heardNs > LOST_NS)
        .filter(
            worker -> worker.state == Worker.State.RESERVE || worker.state == Worker.State.LOADING)
        .toList();
  }

  private static boolean holds(WorkerHello hello, long epoch) {
    return epoch != 0 && hello.getHeldEpoch() == epoch;
  }
}
