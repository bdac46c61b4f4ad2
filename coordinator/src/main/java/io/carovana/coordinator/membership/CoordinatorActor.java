package io.carovana.coordinator.membership;

import com.google.protobuf.Message;
import io.carovana.coordinator.engine.EpochListener;
import io.carovana.coordinator.engine.SchedulerAgent;
import io.carovana.protocol.Failure;
import io.carovana.protocol.cluster.WireRefs;
import io.carovana.protocol.v1.Cancel;
import io.carovana.protocol.v1.Finished;
import io.carovana.protocol.v1.GatewayGoodbye;
import io.carovana.protocol.v1.GatewayHello;
import io.carovana.protocol.v1.HelloAck;
import io.carovana.protocol.v1.LoadProgress;
import io.carovana.protocol.v1.ShardReady;
import io.carovana.protocol.v1.ShardRefused;
import io.carovana.protocol.v1.Submit;
import io.carovana.protocol.v1.WorkerGoodbye;
import io.carovana.protocol.v1.WorkerHello;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The coordinator singleton: takes what workers, gateways and the scheduler's agent say, and passes
 * it to the registers and to {@link Placements}. It decides nothing about steps and carries no
 * tokens.
 */
public final class CoordinatorActor extends AbstractBehavior<CoordinatorActor.Command> {
  /** What reaches the coordinator. */
  public sealed interface Command {}

  /** A message off the wire. */
  private record Wire(Message message) implements Command {}

  private record Proven(long epoch) implements Command {}

  private record Broken(long epoch, int rank, String reason) implements Command {}

  private record Tick() implements Command {}

  private static final Duration TICK = Duration.ofSeconds(1);
  private static final int RETRY_SECONDS = 1;

  private final String incarnation = UUID.randomUUID().toString();
  private final CoordinatorParts parts;
  private final SchedulerAgent agent;
  private final Workers workers = new Workers();
  private final Gateways gateways = new Gateways();
  private final Placements placements;
  private final StateReport report;

  /** The singleton's behaviour, as the wire sees it. */
  public static Behavior<Message> create(CoordinatorParts parts) {
    Behavior<Command> behavior =
        Behaviors.setup(
            context ->
                Behaviors.withTimers(timers -> new CoordinatorActor(context, timers, parts)));
    return Behaviors.transformMessages(
        Message.class, behavior, matcher -> matcher.match(Message.class, Wire::new));
  }

  private CoordinatorActor(
      ActorContext<Command> context, TimerScheduler<Command> timers, CoordinatorParts parts) {
    super(context);
    this.parts = parts;
    this.agent = new SchedulerAgent(parts.settings().maxQueue(), listener(context.getSelf()));
    this.placements =
        new Placements(parts, workers, agent, Fence.of(context.getSystem()), System.nanoTime());
    this.report = new StateReport(incarnation, parts, workers, placements, agent);
    timers.startTimerWithFixedDelay(new Tick(), TICK);
    context.getLog().info("coordinator {} serves {}", incarnation, parts.model().name());
  }

  private static EpochListener listener(ActorRef<Command> self) {
    return new EpochListener() {
      @Override
      public void onProven(long epoch) {
        self.tell(new Proven(epoch));
      }

      @Override
      public void onBroken(long epoch, int rank, String reason) {
        self.tell(new Broken(epoch, rank, reason));
      }
    };
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Wire.class, this::onWire)
        .onMessage(Proven.class, this::onProven)
        .onMessage(Broken.class, this::onBroken)
        .onMessage(Tick.class, this::onTick)
        .onSignal(PostStop.class, this::onPostStop)
        .build();
  }

  private Behavior<Command> onWire(Wire wire) {
    switch (wire.message()) {
      case WorkerHello hello -> onWorkerHello(hello);
      case LoadProgress progress -> placements.onProgress(progress);
      case ShardReady ready -> placements.onReady(ready, System.nanoTime());
      case ShardRefused refused -> placements.onRefused(refused, System.nanoTime());
      case WorkerGoodbye goodbye -> placements.onGoodbye(goodbye, System.nanoTime());
      case GatewayHello hello -> onGatewayHello(hello);
      case GatewayGoodbye goodbye -> onGatewayGoodbye(goodbye);
      case Submit submit -> onSubmit(submit);
      case Cancel cancel ->
          agent.cancel(cancel.getRequestId(), new Failure.Cancelled(cancel.getReason()));
      default -> getContext().getLog().warn("unexpected {}", name(wire.message()));
    }
    if (!(wire.message() instanceof Submit || wire.message() instanceof Cancel)) {
      pushIfChanged();
    }
    return this;
  }

  private void onWorkerHello(WorkerHello hello) {
    Optional<ActorRef<Message>> ref = ref(hello.getReplyTo());
    if (ref.isEmpty() || hello.getNode().isEmpty()) {
      getContext().getLog().warn("a worker's hello without name or address is ignored");
      return;
    }
    HelloAck answer = placements.onHello(hello, ref.get(), System.nanoTime());
    ref.get().tell(answer.toBuilder().setCoordinatorIncarnation(incarnation).build());
  }

  private void onGatewayHello(GatewayHello hello) {
    Optional<ActorRef<Message>> ref = ref(hello.getReplyTo());
    boolean known = gateways.knows(hello.getIncarnation());
    if (ref.isEmpty() || (!known && gateways.full())) {
      getContext().getLog().warn("the hello of gateway {} is ignored", hello.getNode());
      return;
    }
    gateways.hear(hello, ref.get(), System.nanoTime()).forEach(this::forget);
    ref.get().tell(HelloAck.newBuilder().setCoordinatorIncarnation(incarnation).build());
    if (!known) {
      getContext().getLog().info("gateway {} joined", hello.getNode());
    }
    if (hello.getWantTokenizer()) {
      ref.get().tell(report.withTokenizer());
    } else if (!known) {
      ref.get().tell(report.state());
    }
  }

  private void onGatewayGoodbye(GatewayGoodbye goodbye) {
    if (gateways.remove(goodbye.getIncarnation())) {
      agent.cancelOwner(goodbye.getIncarnation(), new Failure.Cancelled("the gateway left"));
    }
  }

  private void forget(Gateways.Gateway gateway) {
    getContext().getLog().info("gateway {} ({}) is gone", gateway.node(), gateway.incarnation());
    agent.cancelOwner(gateway.incarnation(), new Failure.Cancelled("the gateway is gone"));
  }

  private void onSubmit(Submit submit) {
    Optional<ActorRef<Message>> ref = ref(submit.getReplyTo());
    if (ref.isEmpty()) {
      getContext().getLog().warn("request {} has no address to answer", submit.getRequestId());
      return;
    }
    Optional<Failure> problem =
        Submissions.problem(submit, parts.model().files().config().vocabSize());
    if (problem.isEmpty() && !gateways.knows(submit.getGateway())) {
      problem =
          Optional.of(new Failure.Unavailable("the gateway has to join first", RETRY_SECONDS));
    }
    if (problem.isPresent()) {
      ref.get().tell(refusal(submit, problem.get()));
      return;
    }
    agent.submit(Submissions.request(submit, System.nanoTime()), ref.get()::tell);
  }

  private Behavior<Command> onProven(Proven proven) {
    placements.onProven(proven.epoch());
    pushIfChanged();
    return this;
  }

  private Behavior<Command> onBroken(Broken broken) {
    placements.onBroken(broken.epoch(), broken.rank(), broken.reason(), System.nanoTime());
    pushIfChanged();
    return this;
  }

  private Behavior<Command> onTick(Tick tick) {
    if (!agent.alive()) {
      getContext().getLog().error("the scheduler's thread is gone; stopping");
      getContext().getSystem().terminate();
      return Behaviors.stopped();
    }
    long nowNs = System.nanoTime();
    gateways.removeSilent(nowNs).forEach(this::forget);
    placements.onTick(nowNs);
    push();
    return this;
  }

  private Behavior<Command> onPostStop(PostStop stopped) {
    placements.close();
    agent.close();
    return this;
  }

  private void pushIfChanged() {
    if (placements.takeChanged()) {
      push();
    }
  }

  private void push() {
    placements.takeChanged();
    if (!gateways.all().isEmpty()) {
      Message state = report.state();
      gateways.all().forEach(gateway -> gateway.ref().tell(state));
    }
  }

  private Optional<ActorRef<Message>> ref(String replyTo) {
    return WireRefs.fromWire(getContext().getSystem(), replyTo);
  }

  private static Finished refusal(Submit submit, Failure failure) {
    return Finished.newBuilder()
        .setRequestId(submit.getRequestId())
        .setReason("error")
        .setFailure(failure.toInfo())
        .setPromptTokens(submit.getPromptCount())
        .setStopId(-1)
        .build();
  }

  private static String name(Message message) {
    return message.getDescriptorForType().getName();
  }
}
