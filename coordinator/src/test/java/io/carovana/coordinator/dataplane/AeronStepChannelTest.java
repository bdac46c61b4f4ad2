package io.carovana.coordinator.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
import io.carovana.transport.MediaDriverHost;
import io.carovana.transport.MessageKind;
import io.carovana.transport.MessageReader;
import io.carovana.transport.MessageWriter;
import io.carovana.transport.Topology;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AeronStepChannelTest {
  private static final long EPOCH = 8;
  private static final int RANKS = 2;

  @TempDir private Path directory;

  private MediaDriverHost driver;
  private final List<AeronNode> nodes = new ArrayList<>();
  private Topology topology;
  private AeronStepChannel channel;
  private final List<FakeRank> ranks = new ArrayList<>();
  private final Recorder recorder = new Recorder();

  /** What a rank's engine has of the data plane. */
  private static final class FakeRank implements AutoCloseable {
    final List<String> orders = new ArrayList<>();
    final MessageReader reader;
    final MessageWriter results;
    final MessageWriter progress;

    FakeRank(AeronNode node, Topology topology, int rank) {
      reader = MessageReader.ofOrders(node, topology, rank, new FrameCounters(), this::onMessage);
      results = MessageWriter.ofResults(node, topology, rank);
      progress = MessageWriter.ofProgress(node, topology, rank);
    }

    private boolean onMessage(int rank, MessageKind kind, ByteBuffer message) {
      if (kind == MessageKind.ABORT) {
        return orders.add("abort " + message.getLong());
      }
      StepPlan plan = new StepPlan();
      try {
        PlanCodec.decode(message, plan);
      } catch (StepFormatException e) {
        throw new AssertionError(e);
      }
      return orders.add("plan " + plan.step + " of " + plan.rows() + " rows");
    }

    @Override
    public void close() {
      reader.close();
      results.close();
      progress.close();
    }
  }

  private static final class Recorder implements StepEvents {
    final List<String> events = new ArrayList<>();

    @Override
    public void onResult(int rank, StepResult result) {
      events.add("rank " + rank + " step " + result.step + " " + result.status);
    }

    @Override
    public void onProgress(int rank, ProgressReport report) {
      events.add("rank " + rank + " counter " + report.counter);
    }

    @Override
    public void onLinkLost(int rank, String reason) {
      events.add("rank " + rank + " lost");
    }
  }

  @BeforeEach
  void open() {
    driver = MediaDriverHost.start(directory.resolve("driver"));
    List<Topology.Rank> addresses = new ArrayList<>();
    for (int i = 0; i <= RANKS; i++) {
      nodes.add(AeronNode.connect(driver.directory(), i));
      if (i < RANKS) {
        addresses.add(new Topology.Rank(0, i, nodes.get(i).endpoint()));
      }
    }
    topology = new Topology(EPOCH, addresses, nodes.get(RANKS).endpoint());
    channel = AeronStepChannel.open(nodes.get(RANKS), topology);
  }

  @AfterEach
  void close() {
    channel.close();
    ranks.forEach(FakeRank::close);
    nodes.forEach(AeronNode::close);
    driver.close();
  }

  private void join(int rank) {
    ranks.add(new FakeRank(nodes.get(rank), topology, rank));
  }

  private void until(Callable<Boolean> condition) {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .pollInSameThread()
        .until(
            () -> {
              channel.poll(recorder);
              ranks.forEach(rank -> rank.reader.poll());
              return condition.call();
            });
  }

  private static StepPlan plan(long step, int rows) {
    StepPlan plan = new StepPlan();
    plan.epoch = EPOCH;
    plan.step = step;
    SequenceStep entry = plan.add();
    entry.reserve(rows, 0);
    entry.rows = rows;
    return plan;
  }

  @Test
  void ordersReachAllRanksInOneSequenceAlsoThoseGivenBeforeTheyJoined() {
    assertThat(channel.offer(plan(1, 3))).isTrue();
    assertThat(channel.abort(1)).isTrue();
    join(0);
    join(1);
    until(channel::connected);
    assertThat(channel.offer(plan(2, 100_000))).isTrue();
    assertThat(channel.abort(2)).isTrue();
    assertThat(channel.offer(plan(3, 1))).isTrue();
    until(() -> ranks.stream().allMatch(rank -> rank.orders.size() == 5));
    assertThat(ranks)
        .allSatisfy(
            rank ->
                assertThat(rank.orders)
                    .containsExactly(
                        "plan 1 of 3 rows",
                        "abort 1",
                        "plan 2 of 100000 rows",
                        "abort 2",
                        "plan 3 of 1 rows"));
  }

  @Test
  void refusesOrdersBeyondItsLimitUntilTheyMoveOn() {
    int accepted = 0;
    while (channel.offer(plan(accepted + 1, 1))) {
      accepted++;
    }
    assertThat(accepted).isEqualTo(OrderLog.CAPACITY);
    assertThat(channel.abort(1)).isFalse();
    join(0);
    join(1);
    until(() -> ranks.stream().allMatch(rank -> rank.orders.size() == OrderLog.CAPACITY));
    assertThat(channel.abort(1)).isTrue();
  }

  @Test
  void refusesPlansOfAnotherEpoch() {
    StepPlan plan = plan(1, 1);
    plan.epoch = EPOCH + 1;
    assertThatThrownBy(() -> channel.offer(plan)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void deliversResultsAndProgress() {
    join(0);
    join(1);
    StepResult result = new StepResult();
    result.epoch = EPOCH;
    result.step = 4;
    result.add().promptLogprobs = new float[0];
    result.get(0).reservePrompt(20_000, 3);
    ByteBuffer bytes = room(ResultCodec.encodedBytes(result));
    ResultCodec.encode(result, bytes);
    ranks.get(1).results.begin(MessageKind.RESULT, bytes.flip());
    ProgressReport report = new ProgressReport();
    report.epoch = EPOCH;
    report.counter = 77;
    ByteBuffer progress = room(ProgressCodec.BYTES);
    ProgressCodec.encode(report, progress);
    ranks.get(0).progress.begin(MessageKind.PROGRESS, progress.flip());
    until(ranks.get(1).results::flush);
    until(ranks.get(0).progress::flush);
    until(() -> recorder.events.size() == 2);
    assertThat(recorder.events)
        .containsExactlyInAnyOrder("rank 1 step 4 DONE", "rank 0 counter 77");
  }

  private static ByteBuffer room(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void saysOnceWhichRankIsLostAndGoesOnWithTheOthers() {
    join(0);
    join(1);
    channel.offer(plan(1, 1));
    until(() -> ranks.stream().allMatch(rank -> rank.orders.size() == 1));
    ranks.get(1).reader.close();
    channel.offer(plan(2, 1));
    until(
        () -> {
          channel.offer(plan(3, 1));
          return recorder.events.contains("rank 1 lost");
        });
    until(() -> ranks.getFirst().orders.contains("plan 3 of 1 rows"));
    assertThat(recorder.events).containsExactly("rank 1 lost");
  }

  @Test
  void saysWhichRankSendsNonsense() {
    join(0);
    join(1);
    ranks.get(1).results.begin(MessageKind.RESULT, room(100));
    until(ranks.get(1).results::flush);
    until(() -> recorder.events.contains("rank 1 lost"));
  }
}
