package io.carovana.coordinator.membership;

import com.google.protobuf.Message;
import io.carovana.coordinator.CoordinatorSettings;
import io.carovana.coordinator.engine.SchedulerAgent;
import io.carovana.coordinator.placement.NodeOffer;
import io.carovana.coordinator.placement.PlacementPlanner;
import io.carovana.coordinator.placement.PlacementProposal;
import io.carovana.coordinator.placement.PlacementRules;
import io.carovana.coordinator.schedule.EngineLimits;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import io.carovana.protocol.Failure;
import io.carovana.protocol.LogContext;
import io.carovana.protocol.v1.HelloAck;
import io.carovana.protocol.v1.LoadProgress;
import io.carovana.protocol.v1.ShardReady;
import io.carovana.protocol.v1.ShardRefused;
import io.carovana.protocol.v1.WorkerGoodbye;
import io.carovana.protocol.v1.WorkerHello;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of placements: an epoch begins when there are workers enough, serves once all ranks are
 * ready and have generated a token together, and ends when a rank is lost; then the next one begins
 * as soon as there are workers enough again.
 */
final class Placements {
  private static final Logger LOG = LoggerFactory.getLogger(Placements.class);
  private static final int MOST_DOUBLINGS = 5;

  private final CoordinatorParts parts;
  private final Workers workers;
  private final SchedulerAgent agent;
  private final Fence fence;
  private final EpochMessages messages;
  private final PlacementPlanner planner;
  private final DigestBook digests = new DigestBook();
  private @Nullable Epoch epoch;
  private List<String> lastNodes = List.of();
  private String reason = "waiting for workers";
  private boolean changed = true;
  private long fenced;
  private int failuresInARow;
  private long notBeforeNs;

  Placements(
      CoordinatorParts parts, Workers workers, SchedulerAgent agent, Fence fence, long nowNs) {
    this.parts = parts;
    this.workers = workers;
    this.agent = agent;
    this.fence = fence;
    this.messages = new EpochMessages(parts);
    this.planner = new PlacementPlanner(parts.model().files(), rules(parts.settings()));
    this.notBeforeNs = nowNs;
  }

  /** What the operator asked for, checked. */
  static PlacementRules rules(CoordinatorSettings settings) {
    Quantization quantization = Quantization.ofId(settings.quantize());
    if (quantization == null) {
      throw new IllegalArgumentException(
          "--quantize " + settings.quantize() + " is none of none, q4 and q8");
    }
    KvProfile kv = KvProfile.ofId(settings.kvProfile());
    if (kv == null) {
      throw new IllegalArgumentException(
          "--kv " + settings.kvProfile() + " is none of f32, bf16 and q8");
    }
    return new PlacementRules(
        settings.minWorkers(),
        settings.stages(),
        settings.split(),
        new Precision(quantization, kv),
        settings.context(),
        EngineLimits.maxStepRows(settings.prefillChunk(), settings.maxSequences()),
        settings.maxSequences());
  }

  @Nullable Epoch epoch() {
    return epoch;
  }

  /** Why requests are not served, in words; empty when they are. */
  String reason() {
    Epoch current = epoch;
    return current != null && current.proven() ? "" : reason;
  }

  long fenced() {
    return fenced;
  }

  /** Whether something changed since the last call. */
  boolean takeChanged() {
    boolean was = changed;
    changed = false;
    return was;
  }

  HelloAck onHello(WorkerHello hello, ActorRef<Message> ref, long nowNs) {
    return switch (workers.hear(hello, ref, nowNs)) {
      case Workers.Held held -> {
        LOG.info("another worker {} says hello: {}", hello.getNode(), hello.getReplyTo());
        yield EpochMessages.held();
      }
      case Workers.TurnedAway away -> {
        LOG.warn("turned away {}: {}", hello.getReplyTo(), away.failure().message());
        yield EpochMessages.refused(away.failure());
      }
      case Workers.Known known -> {
        if (known.before() != null) {
          replace(known.before(), known.worker(), nowNs);
        }
        yield welcome(known.worker(), nowNs);
      }
    };
  }

  /** Another process has the name of {@code before}, which is gone. */
  private void replace(Worker before, Worker worker, long nowNs) {
    if (!before.address().equals(worker.address())) {
      fence.down(before.ref);
    }
    lose(before, "was restarted", nowNs);
  }

  private HelloAck welcome(Worker worker, long nowNs) {
    parts.epochs().heard(worker.hello.getHeldEpoch());
    if (worker.refusal == null) {
      HelloRules.refusal(worker.hello, parts.model())
          .ifPresent(failure -> turnAway(worker, failure, nowNs));
    }
    if (worker.refusal != null) {
      return EpochMessages.refused(worker.refusal);
    }
    settle(worker, nowNs);
    placeIfPossible(nowNs);
    Epoch current = epoch;
    boolean placed = current != null && current.rankOf(worker) >= 0;
    return messages.welcome(!placed);
  }

  /** Brings what a worker holds in line with the placement. */
  private void settle(Worker worker, long nowNs) {
    Epoch current = epoch;
    long held = worker.hello.getHeldEpoch();
    int rank = current == null ? -1 : current.rankOf(worker);
    if (current == null || rank < 0) {
      if (held != 0) {
        worker.ref.tell(EpochMessages.retire(held, "not part of the placement"));
      }
    } else if (!current.isReady(rank)) {
      // Said again with every hello until the answer arrives; either may have been lost.
      worker.ref.tell(EpochMessages.assign(current, rank));
    } else if (held != current.number()) {
      end("worker " + worker.node() + " lost its shard", nowNs);
    }
  }

  void onProgress(LoadProgress progress) {
    Epoch current = epoch;
    if (current != null && current.number() == progress.getEpoch()) {
      current.loading(progress);
      changed = true;
    }
  }

  void onReady(ShardReady ready, long nowNs) {
    Epoch current = epoch;
    Worker worker = workers.find(ready.getNode(), ready.getIncarnation());
    if (current == null || worker == null || current.number() != ready.getEpoch()) {
      LOG.info("{} is ready for epoch {}, which is over", ready.getNode(), ready.getEpoch());
      return;
    }
    int rank = current.rankOf(worker);
    if (rank < 0 || rank != ready.getRank() || current.isReady(rank)) {
      return;
    }
    Optional<String> conflict = digests.enter(worker.node(), ready.getDigestsList());
    if (conflict.isPresent()) {
      refuse(worker, new Failure.ModelRefused(messages.differs(worker, conflict.get())));
      end("worker " + worker.node() + " has other weights", nowNs);
      return;
    }
    current.ready(rank);
    worker.become(Worker.State.SERVING, "");
    changed = true;
    LOG.info("rank {} on {} is ready after {} s", rank, worker.node(), ready.getLoadSeconds());
    if (current.allReady()) {
      reason = "the workers generate their first token";
      agent.begin(messages.setup(current));
    }
  }

  void onRefused(ShardRefused refused, long nowNs) {
    Worker worker = workers.find(refused.getNode(), refused.getIncarnation());
    if (worker == null) {
      return;
    }
    turnAway(worker, Failure.of(refused.getFailure()), nowNs);
  }

  void onGoodbye(WorkerGoodbye goodbye, long nowNs) {
    Worker worker = workers.find(goodbye.getNode(), goodbye.getIncarnation());
    if (worker != null) {
      workers.remove(worker);
      lose(worker, "left", nowNs);
      changed = true;
    }
  }

  void onProven(long number) {
    Epoch current = epoch;
    if (current != null && current.number() == number) {
      current.prove();
      failuresInARow = 0;
      changed = true;
      LOG.info("epoch {} serves:\n{}", number, current.placed().explanation());
    }
  }

  void onBroken(long number, int rank, String why, long nowNs) {
    Epoch current = epoch;
    if (current == null || current.number() != number) {
      return;
    }
    if (rank >= 0) {
      Worker worker = current.ranks().get(rank);
      fenced++;
      worker.fencedEpoch = number;
      worker.become(Worker.State.FENCED, why);
      LOG.warn("fenced {}: {}", worker.node(), why);
      fence.down(worker.ref);
      end("worker " + worker.node() + " was lost: " + why, nowNs);
    } else {
      end(why, nowNs);
    }
  }

  void onTick(long nowNs) {
    for (Worker silent : workers.silent(nowNs)) {
      silent.become(Worker.State.LOST, "has not answered for 20 s");
      fence.down(silent.ref);
      lose(silent, "has not answered for 20 s", nowNs);
      changed = true;
    }
    placeIfPossible(nowNs);
  }

  void close() {
    Epoch current = epoch;
    epoch = null;
    if (current != null) {
      LOG.info("epoch {} ends with the coordinator", current.number());
    }
  }

  private void lose(Worker worker, String what, long nowNs) {
    Epoch current = epoch;
    if (current != null && current.rankOf(worker) >= 0) {
      end("worker " + worker.node() + " " + what, nowNs);
    }
  }

  private void turnAway(Worker worker, Failure failure, long nowNs) {
    refuse(worker, failure);
    lose(worker, "was refused: " + failure.message(), nowNs);
  }

  private void refuse(Worker worker, Failure failure) {
    worker.refuse(failure);
    worker.ref.tell(EpochMessages.refused(failure));
    LOG.warn("refused worker {}: {}", worker.node(), failure.message());
    changed = true;
  }

  /** Ends the current epoch; begins the next if there are workers enough. */
  private void end(String why, long nowNs) {
    Epoch current = epoch;
    if (current == null) {
      return;
    }
    LOG.warn("epoch {} ends: {}", current.number(), why);
    epoch = null;
    changed = true;
    reason = why;
    failuresInARow = current.proven() ? 0 : failuresInARow + 1;
    notBeforeNs = nowNs + pause().toNanos();
    for (Worker worker : current.ranks()) {
      if (worker.state == Worker.State.LOADING || worker.state == Worker.State.SERVING) {
        worker.become(Worker.State.RESERVE, "");
      }
    }
    String message = "a worker was lost while the request ran: " + why;
    agent.end(new Failure.WorkerLost(message), EpochMessages.unavailable(why), null);
    if (!placeIfPossible(nowNs)) {
      agent.end(
          new Failure.WorkerLost(message),
          EpochMessages.unavailable(reason),
          EpochMessages.unavailable(reason));
      for (Worker worker : current.ranks()) {
        worker.ref.tell(EpochMessages.retire(current.number(), why));
      }
    }
  }

  /** None after an epoch that served; longer and longer after epochs that never did. */
  private Duration pause() {
    return failuresInARow == 0
        ? Duration.ZERO
        : Duration.ofSeconds(1L << Math.min(failuresInARow - 1, MOST_DOUBLINGS));
  }

  private boolean placeIfPossible(long nowNs) {
    if (epoch != null) {
      return true;
    }
    if (nowNs - notBeforeNs < 0) {
      return false;
    }
    Map<String, Worker> eligible = new HashMap<>();
    workers.eligible(nowNs).forEach(worker -> eligible.put(worker.node(), worker));
    List<NodeOffer> offers = eligible.values().stream().map(Worker::offer).toList();
    PlacementProposal proposal = planner.propose(offers, lastNodes);
    if (!proposal.explanation().equals(reason)) {
      changed = true;
      LOG.info("placement: {}", proposal.explanation());
    }
    if (proposal instanceof PlacementProposal.Placed placed) {
      List<Worker> ranks = new ArrayList<>();
      placed.nodes().forEach(node -> ranks.add(worker(eligible, node)));
      begin(placed, ranks);
      return true;
    }
    reason = proposal.explanation();
    agent.refuse(EpochMessages.unavailable(reason));
    return false;
  }

  private static Worker worker(Map<String, Worker> eligible, String node) {
    Worker worker = eligible.get(node);
    if (worker == null) {
      throw new IllegalStateException("the planner chose " + node + ", which was not on offer");
    }
    return worker;
  }

  private void begin(PlacementProposal.Placed placed, List<Worker> ranks) {
    Epoch next =
        new Epoch(parts.epochs().next(), messages.spec(placed), placed, ranks, parts.endpoint());
    epoch = next;
    lastNodes = placed.nodes();
    reason = "the workers load their shards";
    agent.refuse(EpochMessages.unavailable(reason));
    changed = true;
    for (int rank = 0; rank < ranks.size(); rank++) {
      Worker worker = ranks.get(rank);
      worker.become(Worker.State.LOADING, "");
      worker.ref.tell(EpochMessages.assign(next, rank));
    }
    LogContext.epoch(next.number());
    LOG.info("epoch {} begins on {}", next.number(), placed.nodes());
  }
}
