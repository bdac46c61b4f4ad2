package io.carovana.protocol.cluster;

import com.google.protobuf.Message;
import io.carovana.protocol.v1.HelloAck;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.remote.artery.ThisActorSystemQuarantinedEvent;
import org.jspecify.annotations.Nullable;

/**
 * One actor system's end of the link: says hello to the coordinators by their address, so that a
 * restarted one answers at once, and asks for a new system when this one has become useless.
 */
final class LinkActor extends AbstractBehavior<LinkActor.Command> {
  sealed interface Command {}

  /** A message off the wire. */
  record Received(Message message) implements Command {}

  /** A message for the coordinator. */
  record Send(Message message) implements Command {}

  /** The last message of a process that leaves; no hello follows it. */
  record Leave(Message goodbye) implements Command {}

  /** The coordinator quarantined this system: nothing it says arrives any more. */
  record Quarantined() implements Command {}

  private record Tick() implements Command {}

  /** Time between hellos. */
  static final Duration HELLO_INTERVAL = Duration.ofSeconds(1);

  /** Hellos without an answer after which another seed is asked. */
  private static final int UNANSWERED_BEFORE_NEXT_SEED = 2;

  /** Hellos without an answer after which the coordinator counts as lost. */
  private static final int UNANSWERED_BEFORE_LOST = 10;

  /** Hellos without an answer after which the system is replaced. */
  private static final int UNANSWERED_BEFORE_REPLACED = 30;

  /** Why a system ended that nobody asked to end. */
  static final String REMOVED = "the cluster removed this process";

  private final TimerScheduler<Command> timers;
  private final List<String> seeds;
  private final CoordinatorListener listener;
  private final Consumer<String> replace;
  private final String replyTo;
  private int seed;
  private int unanswered;
  private boolean connected;
  private @Nullable String incarnation;

  /**
   * @param seeds control addresses {@code host:port} of the coordinators
   * @param replace asks for a new system, with the reason
   */
  static Behavior<Command> create(
      List<String> seeds, CoordinatorListener listener, Consumer<String> replace) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new LinkActor(context, timers, seeds, listener, replace)));
  }

  private LinkActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      List<String> seeds,
      CoordinatorListener listener,
      Consumer<String> replace) {
    super(context);
    this.timers = timers;
    this.seeds = seeds;
    this.listener = listener;
    this.replace = replace;
    ActorRef<Message> wire = context.messageAdapter(Message.class, Received::new);
    this.replyTo = WireRefs.toWire(context.getSystem(), wire);
    ActorRef<ThisActorSystemQuarantinedEvent> quarantined =
        context.messageAdapter(ThisActorSystemQuarantinedEvent.class, event -> new Quarantined());
    context
        .getSystem()
        .eventStream()
        .tell(new EventStream.Subscribe<>(ThisActorSystemQuarantinedEvent.class, quarantined));
    timers.startTimerWithFixedDelay(new Tick(), Duration.ZERO, HELLO_INTERVAL);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Received.class, this::onReceived)
        .onMessage(Send.class, this::onSend)
        .onMessage(Leave.class, this::onLeave)
        .onMessage(Tick.class, this::onTick)
        .onMessage(Quarantined.class, this::onQuarantined)
        .onSignal(PostStop.class, this::onPostStop)
        .build();
  }

  private Behavior<Command> onReceived(Received received) {
    if (received.message() instanceof HelloAck ack) {
      return onAck(ack);
    }
    listener.onMessage(received.message());
    return this;
  }

  private Behavior<Command> onAck(HelloAck ack) {
    unanswered = 0;
    String answered = ack.getCoordinatorIncarnation();
    if (incarnation != null && !incarnation.equals(answered)) {
      lose("the coordinator was restarted");
      replace.accept("the coordinator was restarted");
      return Behaviors.stopped();
    }
    incarnation = answered;
    if (!connected) {
      connected = true;
      listener.onConnected(answered);
    }
    listener.onMessage(ack);
    return this;
  }

  private Behavior<Command> onSend(Send send) {
    coordinator().tell(send.message(), org.apache.pekko.actor.ActorRef.noSender());
    return this;
  }

  private Behavior<Command> onLeave(Leave leave) {
    timers.cancelAll();
    connected = false;
    return onSend(new Send(leave.goodbye()));
  }

  private Behavior<Command> onTick(Tick tick) {
    if (unanswered == UNANSWERED_BEFORE_LOST) {
      lose("the coordinator has not answered for " + unanswered + " s");
    }
    if (unanswered >= UNANSWERED_BEFORE_REPLACED) {
      replace.accept("no coordinator has answered for " + unanswered + " s");
      return Behaviors.stopped();
    }
    if (unanswered > 0 && unanswered % UNANSWERED_BEFORE_NEXT_SEED == 0) {
      seed = (seed + 1) % seeds.size();
    }
    unanswered++;
    return onSend(new Send(listener.hello(replyTo)));
  }

  private Behavior<Command> onQuarantined(Quarantined quarantined) {
    lose("the coordinator shut this process out");
    replace.accept("the coordinator shut this process out");
    return Behaviors.stopped();
  }

  private Behavior<Command> onPostStop(PostStop stopped) {
    lose(REMOVED);
    return this;
  }

  private void lose(String reason) {
    if (connected) {
      connected = false;
      listener.onLost(reason);
    }
  }

  /** The front desk of the coordinator asked at present, found by address and not by identity. */
  private ActorSelection coordinator() {
    return Adapter.toClassic(getContext().getSystem())
        .actorSelection(FrontDesk.path(seeds.get(seed)));
  }
}
