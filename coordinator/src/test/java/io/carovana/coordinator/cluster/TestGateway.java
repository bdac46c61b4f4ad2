package io.carovana.coordinator.cluster;

import com.google.protobuf.Message;
import io.carovana.protocol.NodeSettings;
import io.carovana.protocol.cluster.ClusterSystem;
import io.carovana.protocol.cluster.CoordinatorLink;
import io.carovana.protocol.cluster.CoordinatorListener;
import io.carovana.protocol.v1.Cancel;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.Finished;
import io.carovana.protocol.v1.GatewayGoodbye;
import io.carovana.protocol.v1.GatewayHello;
import io.carovana.protocol.v1.SamplingParams;
import io.carovana.protocol.v1.Submit;
import io.carovana.protocol.v1.Token;
import io.carovana.protocol.v1.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A gateway without HTTP: submits, and keeps what comes back. */
final class TestGateway implements CoordinatorListener, AutoCloseable {
  final Map<String, List<Integer>> tokens = new ConcurrentHashMap<>();
  final Map<String, Finished> finished = new ConcurrentHashMap<>();
  final List<String> events = new CopyOnWriteArrayList<>();
  volatile @Nullable ClusterState state;
  private final String node;
  private final String incarnation = UUID.randomUUID().toString();
  private final CoordinatorLink link;
  private volatile String replyTo = "";
  private volatile boolean silent;

  TestGateway(NodeSettings settings) {
    node = settings.node();
    link = CoordinatorLink.start(settings, ClusterSystem.GATEWAY, this);
  }

  void submit(String id, int[] prompt, int maxTokens) {
    Submit.Builder submit =
        Submit.newBuilder()
            .setRequestId(id)
            .setSampling(SamplingParams.newBuilder().setTopP(1).setDigest(true))
            .setMaxTokens(maxTokens)
            .setReplyTo(replyTo)
            .setGateway(incarnation);
    for (int token : prompt) {
      submit.addPrompt(token);
    }
    link.send(submit.build());
  }

  void cancel(String id) {
    link.send(Cancel.newBuilder().setRequestId(id).setReason("the test asks").build());
  }

  /** From now on it says hello under another name, as a process that died would not at all. */
  void fallSilent() {
    silent = true;
  }

  boolean serving() {
    ClusterState last = state;
    return last != null && last.getServing();
  }

  @Override
  public Message hello(String replyTo) {
    this.replyTo = replyTo;
    return GatewayHello.newBuilder()
        .setNode(node)
        .setIncarnation(silent ? incarnation + "-successor" : incarnation)
        .setReplyTo(replyTo)
        .setWantTokenizer(state == null)
        .build();
  }

  @Override
  public Message goodbye() {
    return GatewayGoodbye.newBuilder().setNode(node).setIncarnation(incarnation).build();
  }

  @Override
  public void onConnected(String coordinatorIncarnation) {
    events.add("connected");
  }

  @Override
  public void onLost(String reason) {
    events.add("lost");
  }

  @Override
  public void onMessage(Message message) {
    switch (message) {
      case ClusterState latest -> state = latest;
      case Tokens some ->
          tokens
              .computeIfAbsent(some.getRequestId(), id -> new CopyOnWriteArrayList<>())
              .addAll(some.getTokensList().stream().map(Token::getId).toList());
      case Finished end -> finished.put(end.getRequestId(), end);
      default -> {}
    }
  }

  List<Integer> tokensOf(String id) {
    return new ArrayList<>(tokens.getOrDefault(id, List.of()));
  }

  @Override
  public void close() {
    link.close();
  }
}
