package io.carovana.coordinator.membership;

import com.google.protobuf.Message;
import io.carovana.protocol.Failure;
import io.carovana.protocol.v1.WorkerHello;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
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
  private final NameClaims claims = new NameClaims();

  /** What becomes of a hello. */
  sealed interface Heard {}

  /**
   * It was taken in.
   *
   * @param worker the worker that said it
   * @param before the process that had its name before, if that was another one
   */
  record Known(Worker worker, @Nullable Worker before) implements Heard {}

  /** Nothing is known of it before it says hello again. */
  record Held() implements Heard {}

  /** It cannot be let in. */
  record TurnedAway(Failure failure) implements Heard {}

  /** Takes in a hello. */
  Heard hear(WorkerHello hello, ActorRef<Message> ref, long nowNs) {
    Worker known = byNode.get(hello.getNode());
    if (known != null && known.incarnation().equals(hello.getIncarnation())) {
      known.hello = hello;
      known.ref = ref;
      known.heardNs = nowNs;
      boolean letGo = known.state == Worker.State.FENCED && !holds(hello, known.fencedEpoch);
      if (letGo || known.state == Worker.State.LOST) {
        known.become(Worker.State.RESERVE, "");
      }
      return new Known(known, null);
    }
    return known == null
        ? first(hello, ref, nowNs)
        : switch (claims.judge(known, hello, nowNs)) {
          case GRANTED -> new Known(enter(hello, ref, nowNs), known);
          case WAIT -> new Held();
          case TAKEN -> new TurnedAway(nameTaken(known));
        };
  }

  private Heard first(WorkerHello hello, ActorRef<Message> ref, long nowNs) {
    return byNode.size() >= MAX_NODES
        ? new TurnedAway(
            new Failure.Overloaded(
                "more than " + MAX_NODES + " workers", EpochMessages.RETRY_SECONDS))
        : new Known(enter(hello, ref, nowNs), null);
  }

  private Worker enter(WorkerHello hello, ActorRef<Message> ref, long nowNs) {
    Worker fresh = new Worker(hello, ref, nowNs);
    byNode.put(hello.getNode(), fresh);
    return fresh;
  }

  private static Failure nameTaken(Worker holder) {
    return new Failure.NameTaken(
        "the name %s is in use by a worker at %s; choose another --node"
            .formatted(holder.node(), holder.address()));
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
