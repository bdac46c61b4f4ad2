package io.carovana.coordinator.membership;

import io.carovana.coordinator.engine.AgentStatus;
import io.carovana.coordinator.engine.RankFigures;
import io.carovana.coordinator.engine.SchedulerAgent;
import io.carovana.coordinator.schedule.Ledger;
import io.carovana.coordinator.schedule.RequestView;
import io.carovana.coordinator.schedule.SchedulerView;
import io.carovana.model.Numerics;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.Counters;
import io.carovana.protocol.v1.NodeStatus;
import io.carovana.protocol.v1.Pace;
import io.carovana.protocol.v1.Priority;
import io.carovana.protocol.v1.RankPlacement;
import io.carovana.protocol.v1.RankStatus;
import io.carovana.protocol.v1.RequestStatus;

/** What gateways are told about the cluster. */
final class StateReport {
  private static final String WEIGHTS_AS_STORED = "file";

  private final String incarnation;
  private final CoordinatorParts parts;
  private final Workers workers;
  private final Placements placements;
  private final SchedulerAgent agent;

  StateReport(
      String incarnation,
      CoordinatorParts parts,
      Workers workers,
      Placements placements,
      SchedulerAgent agent) {
    this.incarnation = incarnation;
    this.parts = parts;
    this.workers = workers;
    this.placements = placements;
    this.agent = agent;
  }

  /** The state of this moment with the tokenizer. */
  ClusterState withTokenizer() {
    return state().toBuilder().setTokenizer(parts.model().tokenizer()).build();
  }

  /** The state of this moment. */
  ClusterState state() {
    AgentStatus status = agent.status();
    Epoch epoch = placements.epoch();
    ClusterState.Builder state =
        ClusterState.newBuilder()
            .setCoordinatorIncarnation(incarnation)
            .setServing(epoch != null && epoch.proven())
            .setReason(placements.reason())
            .setModelName(parts.model().name())
            .setModelDigest(parts.model().digest())
            .setNumericsId(numericsId())
            .setVocabSize(parts.model().files().config().vocabSize())
            .setContext(parts.settings().context())
            .setLastTokenAgeMs(AgentStatus.NO_TOKEN)
            .setQueued(status.scheduler().queued())
            .setRunning(status.scheduler().running())
            .setKvPagesFree(status.scheduler().kvPagesFree())
            .setKvPagesTotal(status.scheduler().kvPagesTotal())
            .setKvPagesCached(status.scheduler().kvPagesCached())
            .setPrefixCacheOff(!parts.settings().prefixCache())
            .setGuessesOff(!parts.settings().speculation())
            .setPace(pace(status.scheduler().pace()))
            .setMaxQueue(parts.settings().maxQueue())
            .setCounters(counters(status));
    status.scheduler().requests().forEach(request -> state.addRequests(request(request)));
    workers.all().forEach(worker -> state.addNodes(node(worker)));
    if (epoch != null) {
      describe(epoch, status, state);
    }
    return state.build();
  }

  private static void describe(Epoch epoch, AgentStatus status, ClusterState.Builder state) {
    boolean current = status.epoch() == epoch.number();
    state
        .setEpoch(epoch.number())
        .setContext(epoch.placed().context())
        .setKvPageBytes(epoch.placed().kvPageBytes())
        .setPlacement(epoch.placed().explanation())
        .addAllLoading(epoch.progress());
    if (current) {
      state.setLastTokenAgeMs(status.lastTokenAgeMs()).setSelfTestPassed(status.selfTestPassed());
    }
    for (RankPlacement rank : epoch.placement().getRanksList()) {
      RankStatus.Builder row = rank(epoch, rank);
      if (current && rank.getRank() < status.ranks().size()) {
        measure(status.ranks().get(rank.getRank()), row);
      }
      state.addRanks(row);
    }
  }

  private static RankStatus.Builder rank(Epoch epoch, RankPlacement rank) {
    Worker worker = epoch.ranks().get(rank.getRank());
    return RankStatus.newBuilder()
        .setRank(rank.getRank())
        .setStage(rank.getStage())
        .setTpRank(rank.getTpRank())
        .setNode(rank.getNode())
        .setKernel(worker.hello.getKernel())
        .setState(epoch.isReady(rank.getRank()) ? "ready" : "loading")
        .setLayers(rank.getLayers())
        .setKvGroups(rank.getKvGroups())
        .setFfnLeaves(rank.getFfnLeaves())
        .setVocabRows(rank.getVocabRows());
  }

  private static void measure(RankFigures figures, RankStatus.Builder row) {
    row.setComputeSeconds(figures.computeSeconds())
        .setAllReduceWaitSeconds(figures.waitSeconds())
        .setStepP50Ms(figures.stepP50Ms())
        .setStepP99Ms(figures.stepP99Ms())
        .setSteps(figures.steps())
        .setDegraded(figures.degraded());
  }

  private static RequestStatus request(RequestView request) {
    return RequestStatus.newBuilder()
        .setRequestId(request.id())
        .setState(request.state().wire())
        .setPromptDone(request.promptDone())
        .setPromptTotal(request.promptTokens())
        .setCached(request.cachedTokens())
        .setCompletionTokens(request.completionTokens())
        .setLeftMs(request.leftMs())
        .setClient(request.client())
        .setPriority(request.batch() ? Priority.BATCH : Priority.INTERACTIVE)
        .build();
  }

  private static Pace pace(SchedulerView.Pace pace) {
    return Pace.newBuilder()
        .setTokenUs(pace.tokenUs())
        .setPositionNs(pace.positionUs() * 1e3)
        .setDecodeMs(pace.decodeUs() / 1e3)
        .setLayerBudgetMs(pace.layerBudgetUs() / 1e3)
        .setContextSeconds(pace.contextUs() / 1e6)
        .setContextBesideSeconds(pace.contextBesideUs() / 1e6)
        .setStreamFactor(pace.streamFactor())
        .build();
  }

  private static NodeStatus node(Worker worker) {
    return NodeStatus.newBuilder()
        .setNode(worker.node())
        .setIncarnation(worker.incarnation())
        .setRole("worker")
        .setState(worker.state.wire())
        .setDetail(worker.detail)
        .setMemoryBytes(worker.hello.getMemoryBytes())
        .setThreads(worker.hello.getThreads())
        .setData(worker.hello.getData())
        .build();
  }

  private Counters counters(AgentStatus status) {
    Ledger.Totals totals = status.scheduler().totals();
    return Counters.newBuilder()
        .setRequestsAccepted(totals.accepted())
        .setRequestsFinished(totals.finished())
        .setRequestsFailed(totals.failed())
        .setRequestsCancelled(totals.cancelled())
        .setTokensGenerated(totals.tokens())
        .setPromptTokens(totals.promptTokens())
        .setPromptTokensCached(totals.cachedTokens())
        .setTokensGuessed(totals.guessed())
        .setGuessesHeld(totals.guessesHeld())
        .setPreemptions(status.scheduler().evictions())
        .setSteps(status.scheduler().steps())
        .setFramesDroppedEpoch(status.droppedEpoch())
        .setWorkersFenced(placements.fenced())
        .build();
  }

  private String numericsId() {
    String quantize = parts.settings().quantize();
    String weights = quantize.equals("none") ? WEIGHTS_AS_STORED : quantize;
    return Numerics.id(weights, parts.settings().kvProfile());
  }
}
