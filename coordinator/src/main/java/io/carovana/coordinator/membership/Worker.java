package io.carovana.coordinator.membership;

import com.google.protobuf.Message;
import io.carovana.coordinator.placement.NodeOffer;
import io.carovana.protocol.Failure;
import io.carovana.protocol.cluster.WireRefs;
import io.carovana.protocol.v1.WorkerHello;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** One worker process as the coordinator knows it. */
final class Worker {
  enum State {
    /** Can take a rank. */
    RESERVE("reserve"),
    /** Loads its shard. */
    LOADING("loading"),
    /** Part of the placement. */
    SERVING("serving"),
    /** Refused for good; only another process of that name is heard. */
    REFUSED("refused"),
    /** Taken for dead while it had a rank. */
    FENCED("fenced"),
    /** Has not said hello for long. */
    LOST("lost");

    private final String wire;

    State(String wire) {
      this.wire = wire;
    }

    String wire() {
      return wire;
    }
  }

  WorkerHello hello;
  ActorRef<Message> ref;
  long heardNs;
  State state = State.RESERVE;
  String detail = "";
  @Nullable Failure refusal;

  /** Epoch it was fenced in; it is trusted again when it no longer holds that. */
  long fencedEpoch;

  Worker(WorkerHello hello, ActorRef<Message> ref, long nowNs) {
    this.hello = hello;
    this.ref = ref;
    this.heardNs = nowNs;
  }

  String node() {
    return hello.getNode();
  }

  String incarnation() {
    return hello.getIncarnation();
  }

  /** Where it listens for control messages, {@code host:port}. */
  String address() {
    return WireRefs.address(hello.getReplyTo());
  }

  NodeOffer offer() {
    return new NodeOffer(hello.getNode(), hello.getMemoryBytes(), hello.getThreads());
  }

  void become(State next, String why) {
    state = next;
    detail = why;
  }

  void refuse(Failure failure) {
    refusal = failure;
    become(State.REFUSED, failure.message());
  }
}
