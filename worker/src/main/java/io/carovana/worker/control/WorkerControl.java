package io.carovana.worker.control;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.carovana.model.Numerics;
import io.carovana.model.shard.Range;
import io.carovana.protocol.Failure;
import io.carovana.protocol.LogContext;
import io.carovana.protocol.Version;
import io.carovana.protocol.cluster.CoordinatorListener;
import io.carovana.protocol.v1.Assign;
import io.carovana.protocol.v1.DataEndpoint;
import io.carovana.protocol.v1.HelloAck;
import io.carovana.protocol.v1.IntRange;
import io.carovana.protocol.v1.LoadProgress;
import io.carovana.protocol.v1.Retire;
import io.carovana.protocol.v1.ShardReady;
import io.carovana.protocol.v1.ShardRefused;
import io.carovana.protocol.v1.SliceDigest;
import io.carovana.protocol.v1.WorkerGoodbye;
import io.carovana.protocol.v1.WorkerHello;
import io.carovana.transport.AeronNode;
import io.carovana.worker.WorkerSettings;
import io.carovana.worker.engine.EngineConfig;
import io.carovana.worker.engine.StepEngine;
import io.carovana.worker.kernels.KernelProvider;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker does with the coordinator's messages. Messages only set what is {@link #wanted};
 * one thread of its own loads, starts and ends, and looks again before each what is wanted now.
 */
public final class WorkerControl implements CoordinatorListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerControl.class);
  private static final long PROGRESS_INTERVAL_NS = 250_000_000;

  /** Assignments in a row, a second apart, whose engine may fail to start. */
  private static final int MOST_FAILED_STARTS = 3;

  private final WorkerSettings settings;
  private final AeronNode node;
  private final Consumer<Message> coordinator;
  private final Consumer<Failure> onRefused;
  private final String incarnation = UUID.randomUUID().toString();
  private final String kernel = KernelProvider.select("auto").name();
  private final ShardStore store;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("worker-control").daemon(true).factory());
  private volatile @Nullable Assign wanted;
  private volatile @Nullable ShardReady ready;
  private volatile LocalModel model;
  private String lookedAt = "";
  private @Nullable StepEngine engine;
  private int failedStarts;
  private long progressSentNs;

  /**
   * Looks at this machine's model, if it has one of its own.
   *
   * @param node the data plane
   * @param coordinator takes messages to the coordinator
   * @param onRefused hears that the coordinator does not want this worker
   */
  public WorkerControl(
      WorkerSettings settings,
      AeronNode node,
      Consumer<Message> coordinator,
      Consumer<Failure> onRefused) {
    this.settings = settings;
    this.node = node;
    this.coordinator = coordinator;
    this.onRefused = onRefused;
    this.store = new ShardStore(settings.model(), settings.threads());
    Path own = settings.model();
    this.model = own == null ? LocalModel.UNKNOWN : LocalModel.at(own.toString());
  }

  @Override
  public Message hello(String replyTo) {
    LocalModel found = model;
    return WorkerHello.newBuilder()
        .setNode(settings.node().node())
        .setIncarnation(incarnation)
        .setReplyTo(replyTo)
        .setMemoryBytes(settings.memoryBytes())
        .setThreads(settings.threads())
        .setData(
            DataEndpoint.newBuilder()
                .setChannel(node.endpoint().channel())
                .setStreamBase(node.endpoint().streamBase()))
        .setKernel(kernel)
        .setVersion(Version.CURRENT)
        .setNumericsContract(Numerics.CONTRACT)
        .setHeldEpoch(epoch(wanted))
        .setModelPath(found.path())
        .setModelDigest(found.digest())
        .setModelProblem(found.problem())
        .setModelFollows(settings.model() == null)
        .build();
  }

  @Override
  public Message goodbye() {
    return WorkerGoodbye.newBuilder()
        .setNode(settings.node().node())
        .setIncarnation(incarnation)
        .build();
  }

  @Override
  public void onConnected(String coordinatorIncarnation) {
    LOG.info("connected to coordinator {}", coordinatorIncarnation);
  }

  @Override
  public void onLost(String reason) {
    LOG.warn("lost the coordinator ({}); keeping what is loaded", reason);
  }

  @Override
  public void onMessage(Message message) {
    switch (message) {
      case HelloAck ack -> onAck(ack);
      case Assign assign -> onAssign(assign);
      case Retire retire -> onRetire(retire);
      default -> LOG.warn("unexpected {}", message.getDescriptorForType().getName());
    }
  }

  private void onAck(HelloAck ack) {
    if (ack.hasRefused()) {
      onRefused.accept(Failure.of(ack.getRefused()));
    } else if (settings.model() == null && !ack.getModelPath().isEmpty()) {
      follow(ack.getModelPath());
    }
  }

  /** Looks at the model where the coordinator has it; the next hello tells what was found. */
  private void follow(String path) {
    if (!path.equals(lookedAt)) {
      lookedAt = path;
      thread.execute(() -> model = LocalModel.at(path));
    }
  }

  /** An assignment said again asks whether the shard is ready: the answer may have been lost. */
  private void onAssign(Assign assign) {
    ShardReady said = ready;
    if (said != null && epoch(assign) == said.getEpoch() && epoch(assign) == epoch(wanted)) {
      coordinator.accept(said);
    } else if (epoch(assign) > epoch(wanted)) {
      LogContext.epoch(epoch(assign));
      LOG.info("epoch {}: rank {}", epoch(assign), assign.getRank());
      wanted = assign;
      thread.execute(() -> take(assign));
    }
  }

  private void onRetire(Retire retire) {
    if (wanted != null && epoch(wanted) <= retire.getEpoch()) {
      LOG.info("leaving epoch {}: {}", epoch(wanted), retire.getReason());
      wanted = null;
      thread.execute(this::stopUnwanted);
    }
  }

  private void take(Assign assign) {
    stopUnwanted();
    if (wanted != assign) {
      return;
    }
    long started = System.nanoTime();
    try {
      ShardStore.Loaded loaded = store.get(assign, (done, total) -> onLoaded(assign, done, total));
      if (!startEngine(assign, loaded)) {
        return;
      }
      ShardReady done = ready(assign, loaded, (System.nanoTime() - started) / 1e9);
      ready = done;
      coordinator.accept(done);
    } catch (CancellationException e) {
      LOG.info("loading for epoch {} was given up", epoch(assign));
    } catch (ShardStore.RefusedException e) {
      refuse(assign, e.failure());
    } catch (RuntimeException | Error e) {
      LOG.error("loading for epoch {} failed", epoch(assign), e);
      refuse(assign, new Failure.Internal("loading the shard failed: " + e));
    }
  }

  /** What keeps an engine from starting may pass (a peer, the media driver), or may not. */
  private boolean startEngine(Assign assign, ShardStore.Loaded loaded) {
    try {
      EngineConfig config =
          EngineConfig.of(assign.getPlacement(), assign.getRank(), loaded.hiddenSize());
      engine = StepEngine.start(config, loaded.shard(), node, this::onEngineEnded);
      failedStarts = 0;
      return true;
    } catch (RuntimeException e) {
      failedStarts++;
      LOG.error("epoch {} cannot begin here (attempt {})", epoch(assign), failedStarts, e);
      if (failedStarts < MOST_FAILED_STARTS) {
        giveUp(assign); // the coordinator assigns it again
      } else {
        refuse(assign, new Failure.Internal("the data plane cannot begin here: " + e.getMessage()));
      }
      return false;
    }
  }

  private void refuse(Assign assign, Failure failure) {
    LOG.error("cannot take part in epoch {}: {}", epoch(assign), failure.message());
    giveUp(assign);
    coordinator.accept(
        ShardRefused.newBuilder()
            .setEpoch(epoch(assign))
            .setNode(settings.node().node())
            .setIncarnation(incarnation)
            .setFailure(failure.toInfo())
            .build());
  }

  private void giveUp(Assign assign) {
    if (wanted == assign) {
      wanted = null;
    }
  }

  private void onLoaded(Assign assign, long done, long total) {
    if (wanted != assign) {
      throw new CancellationException();
    }
    long nowNs = System.nanoTime();
    if (nowNs - progressSentNs >= PROGRESS_INTERVAL_NS || done == total) {
      progressSentNs = nowNs;
      coordinator.accept(
          LoadProgress.newBuilder()
              .setEpoch(epoch(assign))
              .setNode(settings.node().node())
              .setBytesDone(done)
              .setBytesTotal(total)
              .setPhase(done == total ? "warming up" : "reading weights")
              .build());
    }
  }

  /** The engine is of no more use; the coordinator sees it by the next hello. */
  private void onEngineEnded(long epoch, String reason) {
    Assign current = wanted;
    if (epoch(current) == epoch) {
      wanted = null;
    }
    thread.execute(this::stopUnwanted);
  }

  private void stopUnwanted() {
    StepEngine running = engine;
    if (running != null && running.epoch() != epoch(wanted)) {
      engine = null;
      running.close();
    }
  }

  private ShardReady ready(Assign assign, ShardStore.Loaded loaded, double seconds) {
    ShardReady.Builder ready =
        ShardReady.newBuilder()
            .setEpoch(epoch(assign))
            .setNode(settings.node().node())
            .setIncarnation(incarnation)
            .setRank(assign.getRank())
            .setResidentBytes(loaded.shard().residentBytes())
            .setLoadSeconds(seconds);
    for (io.carovana.worker.shard.SliceDigest digest : loaded.shard().digests()) {
      ready.addDigests(
          SliceDigest.newBuilder()
              .setTensor(digest.tensor())
              .setRows(range(digest.rows()))
              .setColumns(range(digest.columns()))
              .setSha256(ByteString.copyFrom(digest.sha256())));
    }
    return ready.build();
  }

  private static IntRange range(Range range) {
    return IntRange.newBuilder().setStart(range.start()).setEnd(range.end()).build();
  }

  private static long epoch(@Nullable Assign assign) {
    return assign == null ? 0 : assign.getPlacement().getEpoch();
  }

  /** Ends the engine and frees the shard; returns when that is done. */
  @Override
  public void close() {
    wanted = null;
    thread.execute(this::stopUnwanted);
    thread.execute(store::close);
    thread.close();
  }
}
