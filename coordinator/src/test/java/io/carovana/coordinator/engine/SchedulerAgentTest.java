package io.carovana.coordinator.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Message;
import io.carovana.coordinator.schedule.Ending;
import io.carovana.coordinator.schedule.EngineLimits;
import io.carovana.coordinator.schedule.Request;
import io.carovana.protocol.v1.Finished;
import io.carovana.protocol.v1.Tokens;
import io.carovana.transport.Endpoint;
import io.carovana.transport.Topology;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchedulerAgentTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final List<String> events = new CopyOnWriteArrayList<>();
  private final AtomicReference<@Nullable EchoChannel> channel = new AtomicReference<>();
  private final SchedulerAgent agent =
      new SchedulerAgent(
          10,
          new EpochListener() {
            @Override
            public void onProven(long epoch) {
              events.add("proven " + epoch);
            }

            @Override
            public void onBroken(long epoch, int rank, String reason) {
              events.add("broken " + epoch + " rank " + rank);
            }
          });

  @AfterEach
  void stop() {
    agent.close();
  }

  @Test
  void provesAnEpochWithATokenAndThenServes() {
    List<Message> before = submit("early");
    await().atMost(LIMIT).until(() -> finished(before) != null);
    assertThat(Objects.requireNonNull(finished(before)).getFailure().getCode())
        .isEqualTo("unavailable");

    agent.begin(setup(3));
    await().atMost(LIMIT).until(() -> events.contains("proven 3"));
    List<Message> replies = submit("served");
    await().atMost(LIMIT).until(() -> finished(replies) != null);

    assertThat(replies.stream().filter(Tokens.class::isInstance).map(Tokens.class::cast))
        .extracting(Tokens::getSeq)
        .containsExactly(0, 1, 2);
    assertThat(Objects.requireNonNull(finished(replies)).getReason()).isEqualTo("length");
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              AgentStatus status = agent.status();
              assertThat(status.selfTestPassed()).isTrue();
              assertThat(status.lastTokenAgeMs()).isNotNegative();
              assertThat(status.scheduler().totals().tokens()).as("probes left out").isEqualTo(3);
              assertThat(status.ranks()).hasSize(2);
            });
  }

  @Test
  void breaksAnEpochWhoseRankFallsSilent() {
    agent.begin(setup(4));
    await().atMost(LIMIT).until(() -> events.contains("proven 4"));
    EchoChannel open = Objects.requireNonNull(channel.get());

    open.silentRank = 1;
    await().atMost(LIMIT).until(() -> events.contains("broken 4 rank 1"));

    assertThat(open.closed).isTrue();
    List<Message> late = submit("late");
    await().atMost(LIMIT).until(() -> finished(late) != null);
    assertThat(Objects.requireNonNull(finished(late)).getFailure().getCode())
        .isEqualTo("unavailable");
  }

  @Test
  void endsWaitingRequestsWhenItCloses() {
    agent.begin(setup(5));
    await().atMost(LIMIT).until(() -> events.contains("proven 5"));
    Objects.requireNonNull(channel.get()).silentRank = 0;
    List<Message> replies = submit("stuck");

    agent.close();

    assertThat(Objects.requireNonNull(finished(replies)).getReason()).isEqualTo("error");
  }

  private List<Message> submit(String id) {
    List<Message> replies = new CopyOnWriteArrayList<>();
    Request request =
        new Request(
            id,
            "gateway",
            new int[] {1, 2},
            new int[0],
            Request.Sampling.GREEDY,
            3,
            new int[0],
            Request.NO_DEADLINE,
            "client",
            false);
    agent.submit(request, replies::add);
    return replies;
  }

  private static @Nullable Finished finished(List<Message> replies) {
    return replies.stream()
        .filter(Finished.class::isInstance)
        .map(Finished.class::cast)
        .findFirst()
        .orElse(null);
  }

  private EpochSetup setup(long epoch) {
    Topology topology =
        new Topology(
            epoch,
            List.of(
                new Topology.Rank(0, 0, Endpoint.ipc(1)), new Topology.Rank(0, 1, Endpoint.ipc(2))),
            Endpoint.ipc(3));
    return new EpochSetup(
        topology,
        ranks -> {
          EchoChannel opened = new EchoChannel(ranks);
          channel.set(opened);
          return opened;
        },
        new EngineLimits(2, 0, 1, 1024, 64, 256, 4, 8, true, true),
        Duration.ofMillis(500).toNanos(),
        1);
  }

  @Test
  void tellsAnOtherTokenFromAPassedSelfTest() {
    SelfTest test = new SelfTest(1, 1);
    Request first = Objects.requireNonNull(test.due(true, 0));
    assertThat(test.due(true, SelfTest.IDLE_NS)).as("one at a time").isNull();
    assertThat(test.ended(first, ending((byte) 1))).isEqualTo(SelfTest.Verdict.PASSED);
    assertThat(test.due(true, SelfTest.IDLE_NS - 1)).as("not idle for long").isNull();
    assertThat(test.due(false, SelfTest.IDLE_NS)).as("busy").isNull();

    Request second = Objects.requireNonNull(test.due(true, SelfTest.IDLE_NS));
    assertThat(test.ended(second, ending((byte) 2))).isEqualTo(SelfTest.Verdict.DIFFERENT);
    assertThat(test.passed()).isFalse();
  }

  private static Ending ending(byte digest) {
    return new Ending(
        Ending.Reason.LENGTH, null, new Ending.Usage(1, 1, 0, 0, 0), -1, new byte[] {digest});
  }
}
