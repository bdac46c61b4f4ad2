package io.carovana.coordinator.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.carovana.coordinator.CoordinatorSettings;
import io.carovana.coordinator.ServedModel;
import io.carovana.coordinator.engine.EchoChannel;
import io.carovana.coordinator.engine.EpochListener;
import io.carovana.coordinator.engine.SchedulerAgent;
import io.carovana.model.Numerics;
import io.carovana.protocol.Failure;
import io.carovana.protocol.NodeSettings;
import io.carovana.protocol.Version;
import io.carovana.protocol.v1.Assign;
import io.carovana.protocol.v1.DataEndpoint;
import io.carovana.protocol.v1.HelloAck;
import io.carovana.protocol.v1.IntRange;
import io.carovana.protocol.v1.Retire;
import io.carovana.protocol.v1.ShardReady;
import io.carovana.protocol.v1.ShardRefused;
import io.carovana.protocol.v1.SliceDigest;
import io.carovana.protocol.v1.WorkerGoodbye;
import io.carovana.protocol.v1.WorkerHello;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is placed, refused, fenced and placed again; workers are inboxes. */
class PlacementsTest {
  private static final Path DEMO = Path.of("../model/demo-model");
  private static final long SECOND_NS = 1_000_000_000L;

  @TempDir Path folder = Path.of("");

  private final Map<String, TestInbox<Message>> inboxes = new HashMap<>();
  private final List<String> downed = new ArrayList<>();
  private final AtomicLong proven = new AtomicLong();
  private long nowNs = System.nanoTime();
  private final ServedModel model = ServedModel.open(DEMO, "demo");
  private final SchedulerAgent agent = new SchedulerAgent(10, listener());
  private final Workers workers = new Workers();
  private @Nullable Placements made;

  @BeforeEach
  void start() {
    CoordinatorParts parts =
        new CoordinatorParts(
            settings(),
            model,
            DataEndpoint.newBuilder().setChannel("aeron:ipc").build(),
            EchoChannel::new,
            new EpochNumbers(folder));
    Fence fence = ref -> downed.add(ref.path().name());
    made = new Placements(parts, workers, agent, fence, nowNs);
  }

  @AfterEach
  void stop() {
    agent.close();
    model.close();
  }

  @Test
  void waitsForItsWorkersAndKeepsLaterOnesInReserve() {
    assertThat(hello("a", 0).getReserve()).isTrue();
    assertThat(placements().epoch()).isNull();
    assertThat(placements().reason()).contains("1 of 2");

    assertThat(hello("b", 0).getReserve()).isFalse();
    assertThat(hello("c", 0).getReserve()).isTrue();

    Epoch epoch = epoch();
    assertThat(epoch.ranks()).extracting(Worker::node).containsExactly("a", "b");
    assertThat(assigns("a")).extracting(Assign::getRank).containsExactly(0);
    assertThat(assigns("c")).isEmpty();
    assertThat(worker("c").state).isEqualTo(Worker.State.RESERVE);
    assertThat(epoch.placed().explanation()).contains("rank 1 on b", "limit:");
  }

  @Test
  void aSecondHelloIsNoSecondWorker() {
    hello("a", 0);
    hello("a", 0);
    assertThat(workers.all()).hasSize(1);
    assertThat(placements().epoch()).isNull();
  }

  @Test
  void servesWhenAllAreReadyAndATokenWasGenerated() {
    serve();
    assertThat(epoch().proven()).isTrue();
    assertThat(placements().reason()).isEmpty();
  }

  @Test
  void ignoresReadinessForAnEpochThatIsOver() {
    hello("a", 0);
    hello("b", 0);
    long old = epoch().number();
    placements().onGoodbye(goodbye("b"), nowNs);
    nowNs += 2 * SECOND_NS;
    hello("a", 0);
    hello("b", 0);
    assertThat(epoch().number()).isGreaterThan(old);

    placements().onReady(ready("a", 0, old, "x"), nowNs);
    placements().onReady(ready("b", 1, old, "x"), nowNs);

    assertThat(epoch().isReady(0) || epoch().isReady(1)).isFalse();
    assertThat(worker("a").state).isEqualTo(Worker.State.LOADING);
  }

  @Test
  void fencesALostRankAndPutsAReserveInItsPlace() {
    serve();
    hello("c", 0);
    long first = epoch().number();
    String lost = epoch().ranks().get(1).node();

    placements().onBroken(first, 1, "silent for 1001 ms", nowNs);

    assertThat(epoch().number()).isGreaterThan(first);
    assertThat(epoch().ranks()).extracting(Worker::node).doesNotContain(lost);
    assertThat(worker(lost).state).isEqualTo(Worker.State.FENCED);
    assertThat(downed).hasSize(1);
    assertThat(placements().fenced()).isEqualTo(1);

    hello(lost, first);
    assertThat(worker(lost).state).as("still holds the old epoch").isEqualTo(Worker.State.FENCED);
    assertThat(drain(lost)).anyMatch(Retire.class::isInstance);
    hello(lost, 0);
    assertThat(worker(lost).state).isEqualTo(Worker.State.RESERVE);
  }

  @Test
  void saysWhyItDoesNotServeWhenTooFewAreLeft() {
    serve();
    long number = epoch().number();

    placements().onBroken(number, 0, "silent for 1001 ms", nowNs);

    assertThat(placements().epoch()).isNull();
    assertThat(placements().reason()).contains("1 of 2");
    assertThat(drain("b")).anyMatch(Retire.class::isInstance);
  }

  @Test
  void anotherProcessOfTheSameNameEndsTheEpochOfTheFirst() {
    serve();
    long number = epoch().number();

    placements().onHello(hello("b", "restarted", 0, Numerics.CONTRACT), inbox("b").getRef(), nowNs);

    assertThat(epoch().number()).isGreaterThan(number);
    assertThat(epoch().ranks().get(1).incarnation()).isEqualTo("restarted");
  }

  @Test
  void aSecondProcessOfTheSameNameIsTurnedAwayAndTheFirstIsLeftAlone() {
    serve();
    Epoch epoch = epoch();
    WorkerHello second = hello("b", "second", 0, Numerics.CONTRACT, "10.0.0.9:7360");

    assertThat(say(second).getReserve()).isTrue();
    nowNs += SECOND_NS;
    hello("b", epoch.number());
    HelloAck answer = say(second);

    assertThat(answer.getRefused().getCode()).isEqualTo("name_taken");
    assertThat(answer.getRefused().getMessage())
        .isEqualTo("the name b is in use by a worker at 127.0.0.1:7360; choose another --node");
    assertThat(epoch()).isSameAs(epoch);
    assertThat(worker("b").incarnation()).isEqualTo("b-1");
    assertThat(downed).isEmpty();
  }

  @Test
  void aProcessAtAnotherAddressSucceedsOneThatIsSilent() {
    serve();
    long number = epoch().number();
    WorkerHello successor = hello("b", "restarted", 0, Numerics.CONTRACT, "127.0.0.1:7460");

    for (int i = 0; i < 3; i++) {
      assertThat(say(successor).getReserve()).isTrue();
      assertThat(epoch().number()).isEqualTo(number);
      nowNs += SECOND_NS;
    }
    hello("a", number);
    assertThat(say(successor).getReserve()).isFalse();

    assertThat(epoch().number()).isGreaterThan(number);
    assertThat(worker("b").incarnation()).isEqualTo("restarted");
    assertThat(downed).hasSize(1);
  }

  @Test
  void refusesAnotherModelAtOnceAndNotOnlyWhenItIsNeeded() {
    serve();
    Epoch epoch = epoch();
    WorkerHello late =
        hello("c", "c-1", 0, Numerics.CONTRACT).toBuilder()
            .setModelPath("/here/other")
            .setModelDigest("0123456789abcdef")
            .build();

    HelloAck answer = say(late);

    assertThat(answer.getRefused().getMessage())
        .startsWith("/here/other is another model (digest 0123456789ab) than the coordinator")
        .contains("copy " + model.files().path(), "--model");
    assertThat(worker("c").state).isEqualTo(Worker.State.REFUSED);
    assertThat(epoch()).isSameAs(epoch);
  }

  @Test
  void refusesAModelThatCannotBeOpened() {
    WorkerHello broken =
        hello("a", "a-1", 0, Numerics.CONTRACT).toBuilder()
            .setModelPath("/here/broken")
            .setModelProblem("/here/broken: there is nothing")
            .build();

    assertThat(say(broken).getRefused().getMessage())
        .startsWith("/here/broken: there is nothing; the coordinator serves ")
        .endsWith("copy it here and name it with --model");
  }

  @Test
  void tellsAWorkerWithoutAPathWhereToLookAndRefusesWhatItFindsThere() {
    String path = model.files().path().toString();
    assertThat(hello("a", 0).getModelPath()).isEqualTo(path);
    hello("b", 0);
    WorkerHello.Builder follower =
        hello("b", "b-1", epoch().number(), Numerics.CONTRACT).toBuilder().setModelFollows(true);

    follower.setModelPath("/another/coordinators").setModelDigest("00");
    assertThat(say(follower.build()).hasRefused()).isFalse();
    follower.setModelPath(path);
    assertThat(say(follower.build()).hasRefused()).isTrue();

    assertThat(placements().epoch()).isNull();
    assertThat(placements().reason()).contains("worker b was refused");
  }

  @Test
  void refusesAnotherNumericsContract() {
    HelloAck answer =
        placements()
            .onHello(hello("a", "a-1", 0, Numerics.CONTRACT + 1), inbox("a").getRef(), nowNs);

    assertThat(answer.getRefused().getMessage()).contains("numerics contract", "same version");
    assertThat(worker("a").state).isEqualTo(Worker.State.REFUSED);
  }

  @Test
  void refusesWeightsThatDifferFromWhatOthersRead() {
    hello("a", 0);
    hello("b", 0);
    long number = epoch().number();
    placements().onReady(ready("a", 0, number, "same bytes"), nowNs);

    placements().onReady(ready("b", 1, number, "other bytes"), nowNs);

    assertThat(worker("b").state).isEqualTo(Worker.State.REFUSED);
    assertThat(worker("b").detail).contains("norm.weight", "differ from those on a", "copy");
    assertThat(placements().epoch()).isNull();
    assertThat(hello("b", 0).hasRefused()).isTrue();
  }

  @Test
  void showsAWorkerThatRefusedItsShard() {
    hello("a", 0);
    hello("b", 0);
    placements()
        .onRefused(
            ShardRefused.newBuilder()
                .setEpoch(epoch().number())
                .setNode("b")
                .setIncarnation("b-1")
                .setFailure(new Failure.ModelRefused("/models/x is missing").toInfo())
                .build(),
            nowNs);

    assertThat(worker("b").state).isEqualTo(Worker.State.REFUSED);
    assertThat(worker("b").detail).contains("/models/x is missing");
    assertThat(placements().epoch()).isNull();
  }

  @Test
  void losesASilentWorkerWhileItLoads() {
    hello("a", 0);
    hello("b", 0);
    nowNs += 21 * SECOND_NS;
    hello("a", epoch().number());

    placements().onTick(nowNs);

    assertThat(worker("b").state).isEqualTo(Worker.State.LOST);
    assertThat(placements().epoch()).isNull();
  }

  @Test
  void numbersEpochsOnAfterARestart() {
    EpochNumbers numbers = new EpochNumbers(folder);
    long first = numbers.next();
    assertThat(new EpochNumbers(folder).next()).isEqualTo(first + 1);
    numbers.heard(first + 50);
    assertThat(numbers.next()).isEqualTo(first + 51);
  }

  private Placements placements() {
    return Objects.requireNonNull(made);
  }

  private EpochListener listener() {
    return new EpochListener() {
      @Override
      public void onProven(long epoch) {
        proven.set(epoch);
      }

      @Override
      public void onBroken(long epoch, int rank, String reason) {}
    };
  }

  private void serve() {
    hello("a", 0);
    hello("b", 0);
    Epoch epoch = epoch();
    placements().onReady(ready("a", 0, epoch.number(), "x"), nowNs);
    placements().onReady(ready("b", 1, epoch.number(), "x"), nowNs);
    await().atMost(Duration.ofSeconds(20)).until(() -> proven.get() == epoch.number());
    placements().onProven(epoch.number());
  }

  private HelloAck hello(String node, long held) {
    return placements()
        .onHello(hello(node, node + "-1", held, Numerics.CONTRACT), inbox(node).getRef(), nowNs);
  }

  private HelloAck say(WorkerHello hello) {
    return placements().onHello(hello, inbox(hello.getNode()).getRef(), nowNs);
  }

  private static WorkerHello hello(String node, String incarnation, long held, int contract) {
    return hello(node, incarnation, held, contract, "127.0.0.1:7360");
  }

  private static WorkerHello hello(
      String node, String incarnation, long held, int contract, String address) {
    return WorkerHello.newBuilder()
        .setNode(node)
        .setIncarnation(incarnation)
        .setMemoryBytes(1L << 28)
        .setThreads(1)
        .setData(DataEndpoint.newBuilder().setChannel("aeron:ipc").setStreamBase(1))
        .setVersion(Version.CURRENT)
        .setNumericsContract(contract)
        .setReplyTo("pekko://carovana@" + address + "/user/link#1")
        .setHeldEpoch(held)
        .build();
  }

  private static WorkerGoodbye goodbye(String node) {
    return WorkerGoodbye.newBuilder().setNode(node).setIncarnation(node + "-1").build();
  }

  private static ShardReady ready(String node, int rank, long epoch, String content) {
    return ShardReady.newBuilder()
        .setEpoch(epoch)
        .setNode(node)
        .setIncarnation(node + "-1")
        .setRank(rank)
        .addDigests(
            SliceDigest.newBuilder()
                .setTensor("norm.weight")
                .setRows(IntRange.newBuilder().setEnd(1))
                .setSha256(ByteString.copyFromUtf8(content)))
        .build();
  }

  private TestInbox<Message> inbox(String node) {
    return inboxes.computeIfAbsent(node, TestInbox::create);
  }

  private List<Message> drain(String node) {
    return inbox(node).getAllReceived();
  }

  private List<Assign> assigns(String node) {
    return drain(node).stream()
        .filter(Assign.class::isInstance)
        .map(Assign.class::cast)
        .distinct()
        .toList();
  }

  private Worker worker(String node) {
    return workers.all().stream().filter(w -> w.node().equals(node)).findFirst().orElseThrow();
  }

  private Epoch epoch() {
    return Objects.requireNonNull(placements().epoch());
  }

  private CoordinatorSettings settings() {
    NodeSettings node =
        new NodeSettings(
            "c",
            "127.0.0.1",
            "127.0.0.1",
            1,
            List.of("127.0.0.1:1"),
            new NodeSettings.DataPlane(null, 0, 0),
            folder,
            false);
    return new CoordinatorSettings(
        node, DEMO, "demo", "none", "f32", 1024, 2, 1, List.of(), 64, 4, 10, true, true, 1000);
  }
}
