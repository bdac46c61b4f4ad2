package io.carovana.worker.engine;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import io.carovana.protocol.step.PlanCodec;
import io.carovana.protocol.step.ProgressCodec;
import io.carovana.protocol.step.ProgressReport;
import io.carovana.protocol.step.ResultCodec;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.StepFormatException;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.transport.AeronNode;
import io.carovana.transport.FrameCounters;
import io.carovana.transport.LinkException;
import io.carovana.transport.MediaDriverHost;
import io.carovana.transport.MessageKind;
import io.carovana.transport.MessageReader;
import io.carovana.transport.MessageWriter;
import io.carovana.transport.Topology;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.agrona.IoUtil;

/** Engines with {@link SummingShard}s over shared memory, and a bare coordinator. */
final class EngineRig implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(20);
  static final long EPOCH = 5;

  private final Path directory;
  final MediaDriverHost driver;
  private final AeronNode coordinator;
  private final List<AeronNode> nodes = new ArrayList<>();
  final Topology topology;
  final List<SummingShard> shards = new ArrayList<>();
  final List<StepEngine> engines = new ArrayList<>();
  final List<String> ends = new CopyOnWriteArrayList<>();
  private final List<MessageWriter> writers = new ArrayList<>();
  private final MessageReader reader;

  /** Per step, a result of every rank; the values are copies. */
  final Map<Long, Map<Integer, Outcome>> results = new ConcurrentHashMap<>();

  final Map<Integer, List<Progress>> progress = new ConcurrentHashMap<>();

  record Outcome(StepResult.Status status, List<Integer> tokens, String failure) {}

  record Progress(long counter, ProgressReport.State state, long step, long atNs) {}

  /** Makes the shard of a rank. */
  interface ShardFactory {
    SummingShard create(int rank, int stage, int stages);
  }

  EngineRig(ShardFactory factory, int... stageSizes) throws IOException {
    directory = Files.createTempDirectory("carovana-engine");
    driver = MediaDriverHost.start(directory.resolve("driver"));
    coordinator = AeronNode.connect(driver.directory(), 100);
    List<Topology.Rank> ranks = new ArrayList<>();
    for (int stage = 0; stage < stageSizes.length; stage++) {
      for (int tp = 0; tp < stageSizes[stage]; tp++) {
        AeronNode node = AeronNode.connect(driver.directory(), ranks.size() + 1);
        nodes.add(node);
        ranks.add(new Topology.Rank(stage, tp, node.endpoint()));
        shards.add(factory.create(ranks.size() - 1, stage, stageSizes.length));
      }
    }
    topology = new Topology(EPOCH, ranks, coordinator.endpoint());
    reader = MessageReader.ofReports(coordinator, topology, new FrameCounters(), this::onMessage);
    for (int rank = 0; rank < ranks.size(); rank++) {
      writers.add(MessageWriter.toRank(coordinator, topology, rank));
      engines.add(
          StepEngine.start(
              new EngineConfig(topology, rank, 1 << 16),
              shards.get(rank),
              nodes.get(rank),
              (epoch, reason) -> ends.add(reason)));
    }
    until(() -> writers.stream().allMatch(MessageWriter::connected));
  }

  static StepPlan plan(long step, boolean urgent, int... tokens) {
    StepPlan plan = new StepPlan();
    plan.epoch = EPOCH;
    plan.step = step;
    plan.urgent = urgent;
    SequenceStep entry = plan.add();
    entry.sequence = step * 10;
    entry.rows = tokens.length;
    entry.reserve(tokens.length, 0);
    System.arraycopy(tokens, 0, entry.tokens, 0, tokens.length);
    return plan;
  }

  void send(StepPlan plan) {
    for (int rank = 0; rank < writers.size(); rank++) {
      send(plan, rank);
    }
  }

  /** Sends to one rank only; the others' copies must follow in the same order. */
  void send(StepPlan plan, int rank) {
    ByteBuffer bytes =
        ByteBuffer.allocate(PlanCodec.encodedBytes(plan)).order(ByteOrder.LITTLE_ENDIAN);
    PlanCodec.encode(plan, bytes);
    send(MessageKind.PLAN, bytes.flip(), rank);
  }

  void abort(long step, int rank) {
    ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    send(MessageKind.ABORT, bytes.putLong(step).flip(), rank);
  }

  private void send(MessageKind kind, ByteBuffer bytes, int rank) {
    MessageWriter writer = writers.get(rank);
    writer.begin(kind, bytes);
    until(writer::flush);
  }

  private boolean onMessage(int rank, MessageKind kind, ByteBuffer message) {
    try {
      if (kind == MessageKind.RESULT) {
        StepResult result = new StepResult();
        ResultCodec.decode(message, result);
        List<Integer> tokens = new ArrayList<>();
        for (int i = 0; i < result.size(); i++) {
          tokens.add(result.get(i).token);
        }
        results
            .computeIfAbsent(result.step, step -> new ConcurrentHashMap<>())
            .put(rank, new Outcome(result.status, tokens, String.valueOf(result.failure)));
      } else {
        ProgressReport report = new ProgressReport();
        ProgressCodec.decode(message, report);
        progress
            .computeIfAbsent(rank, r -> new CopyOnWriteArrayList<>())
            .add(new Progress(report.counter, report.state, report.step, System.nanoTime()));
      }
    } catch (StepFormatException e) {
      throw new LinkException(String.valueOf(e.getMessage()));
    }
    return true;
  }

  /** Polls for reports until a condition holds. */
  void until(java.util.concurrent.Callable<Boolean> condition) {
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .pollInSameThread()
        .until(
            () -> {
              reader.poll();
              return condition.call();
            });
  }

  /** Awaits the results of all ranks. */
  Map<Integer, Outcome> outcome(long step) {
    until(() -> results.getOrDefault(step, Map.of()).size() == writers.size());
    return requireNonNull(results.get(step));
  }

  /** What came of a step on one rank; it must have come. */
  Outcome result(long step, int rank) {
    return requireNonNull(results.getOrDefault(step, Map.of()).get(rank));
  }

  /** A rank's reports so far. */
  List<Progress> reports(int rank) {
    return progress.getOrDefault(rank, List.of());
  }

  /** Ends the coordinator's side. */
  void loseCoordinator() {
    reader.close();
    writers.forEach(MessageWriter::close);
  }

  @Override
  public void close() {
    engines.forEach(StepEngine::close);
    loseCoordinator();
    nodes.forEach(AeronNode::close);
    coordinator.close();
    driver.close();
    IoUtil.delete(directory.toFile(), true);
  }
}
