package io.carovana.gateway.engine;

import com.google.protobuf.Message;
import io.carovana.gateway.text.ModelText;
import io.carovana.protocol.Failure;
import io.carovana.protocol.LogContext;
import io.carovana.protocol.NodeSettings;
import io.carovana.protocol.cluster.ClusterSystem;
import io.carovana.protocol.cluster.CoordinatorLink;
import io.carovana.protocol.cluster.CoordinatorListener;
import io.carovana.protocol.v1.Cancel;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.Finished;
import io.carovana.protocol.v1.GatewayGoodbye;
import io.carovana.protocol.v1.GatewayHello;
import io.carovana.protocol.v1.Progress;
import io.carovana.protocol.v1.Submit;
import io.carovana.protocol.v1.Tokens;
import java.util.ArrayList;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine behind the control plane. Requests fail with {@link Failure.CoordinatorLost} when the
 * coordinator that accepted them vanished or was replaced.
 */
public final class ClusterEngine implements Engine, CoordinatorListener {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterEngine.class);
  private static final int RETRY_AFTER_SECONDS = 2;
  private static final String JOINING = "no coordinator has answered yet";

  private final String node;
  private final String incarnation = UUID.randomUUID().toString();
  private final LongSupplier nanoClock;
  private final Map<String, RunningRequest> requests = new ConcurrentHashMap<>();
  private volatile @Nullable Predicate<Message> sender;
  private volatile String replyTo = "";
  private volatile @Nullable String lost = JOINING;
  private volatile @Nullable String coordinator;
  private volatile @Nullable Word lastWord;
  private volatile @Nullable ModelText text;

  /** A state and when it came. */
  private record Word(ClusterState state, long atNs) {}

  /** An engine that is not yet linked to anything. */
  ClusterEngine(String node, LongSupplier nanoClock) {
    this.node = node;
    this.nanoClock = nanoClock;
  }

  /** An engine and its link; closing the link says goodbye. */
  public record Linked(ClusterEngine engine, CoordinatorLink link) {}

  /**
   * Starts to look for the coordinator.
   *
   * @throws io.carovana.protocol.cluster.PortInUseException if the control port is taken
   */
  public static Linked start(NodeSettings settings) {
    ClusterEngine engine = new ClusterEngine(settings.node(), System::nanoTime);
    CoordinatorLink link = CoordinatorLink.start(settings, ClusterSystem.GATEWAY, engine);
    engine.sendBy(link::send);
    return new Linked(engine, link);
  }

  void sendBy(Predicate<Message> sender) {
    this.sender = sender;
  }

  @Override
  public Running submit(EngineRequest request, Listener listener) {
    RunningRequest running = new RunningRequest(listener);
    requests.put(request.id(), running);
    String reason = lost;
    if (reason != null || !send(submitMessage(request))) {
      requests.remove(request.id());
      running.fail(new Failure.Unavailable(reason == null ? JOINING : reason, RETRY_AFTER_SECONDS));
    } else if (lost != null) {
      // The coordinator was lost between the two looks; whoever noticed may have missed this one.
      failAll(JOINING);
    }
    return why -> cancel(request.id(), running, why);
  }

  /** What the coordinator said last; the word of one that was replaced is not believed. */
  @Override
  public EngineState state() {
    Word word = lastWord;
    if (word == null) {
      return EngineState.unknown(lost == null ? JOINING : lost);
    }
    long ageMs = (nanoClock.getAsLong() - word.atNs) / 1_000_000;
    ModelText held = text;
    boolean current = held != null && held.digest().equals(word.state.getModelDigest());
    String reason =
        lost == null && !word.state.getCoordinatorIncarnation().equals(coordinator)
            ? JOINING
            : lost;
    return new EngineState(word.state, ageMs, reason, current ? held : null);
  }

  @Override
  public Message hello(String replyTo) {
    this.replyTo = replyTo;
    Word word = lastWord;
    ModelText held = text;
    boolean current =
        word != null && held != null && held.digest().equals(word.state.getModelDigest());
    return GatewayHello.newBuilder()
        .setNode(node)
        .setIncarnation(incarnation)
        .setReplyTo(replyTo)
        .setWantTokenizer(!current)
        .build();
  }

  @Override
  public Message goodbye() {
    return GatewayGoodbye.newBuilder().setNode(node).setIncarnation(incarnation).build();
  }

  @Override
  public void onConnected(String coordinatorIncarnation) {
    String before = coordinator;
    if (before != null && !before.equals(coordinatorIncarnation)) {
      failAll("the coordinator was replaced");
    }
    coordinator = coordinatorIncarnation;
    lost = null;
    LOG.info("connected to coordinator {}", coordinatorIncarnation);
  }

  @Override
  public void onLost(String reason) {
    lost = reason;
    LOG.warn("lost the coordinator: {}", reason);
    failAll(reason);
  }

  @Override
  public void onMessage(Message message) {
    switch (message) {
      case Tokens tokens -> onTokens(tokens);
      case Progress progress -> {
        RunningRequest request = requests.get(progress.getRequestId());
        if (request != null) {
          request.progress(progress);
        }
      }
      case Finished finished -> {
        RunningRequest request = requests.remove(finished.getRequestId());
        if (request != null) {
          request.finished(finished);
        }
      }
      case ClusterState state -> onState(state);
      default -> LOG.debug("ignored a {}", message.getDescriptorForType().getName());
    }
  }

  private void onTokens(Tokens tokens) {
    String id = tokens.getRequestId();
    RunningRequest request = requests.get(id);
    if (request == null || !request.tokens(tokens)) {
      requests.remove(id);
      sendCancel(id, "nobody waits for it");
    }
  }

  private void onState(ClusterState state) {
    LogContext.epoch(state.getEpoch());
    takeTokenizer(state);
    ClusterState kept = state.toBuilder().clearTokenizer().build();
    lastWord = new Word(kept, nanoClock.getAsLong());
  }

  private void takeTokenizer(ClusterState state) {
    ModelText held = text;
    boolean current = held != null && held.digest().equals(state.getModelDigest());
    if (current || state.getTokenizer().isEmpty()) {
      return;
    }
    try {
      text =
          ModelText.read(
              state.getModelDigest(), state.getTokenizer().toByteArray(), state.getVocabSize());
      LOG.info("took the tokenizer of model {}", state.getModelDigest());
    } catch (RuntimeException e) {
      LOG.error("the coordinator's tokenizer cannot be used: {}", e.getMessage());
    }
  }

  private void cancel(String id, RunningRequest running, String reason) {
    if (running.cancel()) {
      requests.remove(id);
      sendCancel(id, reason);
    }
  }

  private void sendCancel(String id, String reason) {
    send(Cancel.newBuilder().setRequestId(id).setReason(reason).build());
  }

  private void failAll(String reason) {
    for (String id : new ArrayList<>(requests.keySet())) {
      RunningRequest request = requests.remove(id);
      if (request != null) {
        request.fail(new Failure.CoordinatorLost(reason + "; send the request again"));
      }
    }
  }

  private boolean send(Message message) {
    Predicate<Message> to = sender;
    return to != null && to.test(message);
  }

  private Submit submitMessage(EngineRequest request) {
    Submit.Builder submit =
        Submit.newBuilder()
            .setRequestId(request.id())
            .setSampling(request.sampling())
            .setMaxTokens(request.maxTokens())
            .addAllStopIds(request.stopIds())
            .setDeadlineMs(request.limitMs())
            .setReplyTo(replyTo)
            .setGateway(incarnation)
            .setClient(request.client())
            .setPriority(request.priority());
    for (int id : request.prompt()) {
      submit.addPrompt(id);
    }
    return submit.build();
  }
}
