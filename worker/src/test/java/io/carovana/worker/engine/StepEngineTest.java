package io.carovana.worker.engine;

import static io.carovana.worker.engine.EngineRig.plan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.carovana.protocol.step.ProgressReport.State;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult.Status;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StepEngineTest {
  private static final int LAYERS = 4;

  static List<int[]> layouts() {
    return List.of(
        new int[] {1}, new int[] {2}, new int[] {3}, new int[] {2, 2}, new int[] {3, 2, 1});
  }

  private static EngineRig rig(int... stageSizes) throws Exception {
    return new EngineRig(
        (rank, stage, stages) -> new SummingShard(LAYERS, stage, stages), stageSizes);
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void runsStepsOnAllRanksAndAcknowledgesEach(int[] stageSizes) throws Exception {
    try (EngineRig rig = rig(stageSizes)) {
      for (int step = 1; step <= 20; step++) {
        rig.send(plan(step, false, 7, 3 + step));
      }
      int samplingRank = rig.topology.firstOf(stageSizes.length - 1);
      for (int step = 1; step <= 20; step++) {
        int expected = expected(3 + step, stageSizes);
        assertThat(rig.outcome(step))
            .allSatisfy(
                (rank, outcome) -> {
                  assertThat(outcome.status()).isEqualTo(Status.DONE);
                  assertThat(outcome.tokens())
                      .isEqualTo(rank == samplingRank ? List.of(expected) : List.of());
                });
      }
      assertThat(rig.ends).isEmpty();
    }
  }

  /** Stages may differ in size, so the plain evaluation goes stage by stage. */
  private static int expected(int token, int[] stageSizes) {
    float value = token;
    for (int tpSize : stageSizes) {
      for (int layer = 0; layer < LAYERS; layer++) {
        float sum = 0;
        for (int rank = 0; rank < tpSize; rank++) {
          sum += value * (rank + 1) + layer;
        }
        value = (value + sum) % 8191;
      }
    }
    int last = stageSizes[stageSizes.length - 1];
    float sampled = 0;
    for (int rank = 0; rank < last; rank++) {
      sampled += value + rank;
    }
    return (int) sampled;
  }

  /** A shard that holds still in a layer until it is let go. */
  private static final class HeldShard extends SummingShard {
    private final long heldStep;
    private final CountDownLatch arrived;
    private final CountDownLatch release;

    HeldShard(int stage, int stages, long step, CountDownLatch arrived, CountDownLatch release) {
      super(LAYERS, stage, stages);
      heldStep = step;
      this.arrived = arrived;
      this.release = release;
    }

    @Override
    void work(StepPlan plan, int layer) {
      if (plan.step == heldStep && layer == 1) {
        arrived.countDown();
        try {
          if (!release.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("nobody let go");
          }
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void runsAnUrgentStepBetweenTwoLayersOfAnotherOnAllRanks(int[] stageSizes) throws Exception {
    CountDownLatch arrived = new CountDownLatch(stageSizes[0]);
    CountDownLatch release = new CountDownLatch(1);
    try (EngineRig rig =
        new EngineRig(
            (rank, stage, stages) ->
                stage == 0
                    ? new HeldShard(stage, stages, 1, arrived, release)
                    : new SummingShard(LAYERS, stage, stages),
            stageSizes)) {
      rig.send(plan(1, false, 5));
      assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
      rig.send(plan(2, true, 9));
      release.countDown();
      assertThat(rig.outcome(2).values()).allMatch(o -> o.status() == Status.DONE);
      assertThat(rig.outcome(1).values()).allMatch(o -> o.status() == Status.DONE);
      int sampling = rig.topology.firstOf(stageSizes.length - 1);
      assertThat(rig.result(2, sampling).tokens()).containsExactly(expected(9, stageSizes));
      assertThat(rig.result(1, sampling).tokens()).containsExactly(expected(5, stageSizes));
      for (int rank = 0; rank < stageSizes[0]; rank++) {
        assertThat(rig.shards.get(rank).trace)
            .containsExactly("1.0", "1.1", "2.0", "2.1", "2.2", "2.3", "1.2", "1.3");
      }
    }
  }

  @Test
  void aLaterStageRunsTheUrgentStepThatOvertookTheOneItWaitsFor() throws Exception {
    CountDownLatch bothSent = new CountDownLatch(1);
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);

    try (EngineRig rig =
        new EngineRig(
            (rank, stage, stages) ->
                new SummingShard(LAYERS, stage, stages) {
                  @Override
                  void work(StepPlan plan, int layer) {
                    if (stage == 0 && plan.step == 1 && layer == 0) {
                      await().atMost(EngineRig.PATIENCE).until(() -> bothSent.getCount() == 0);
                    }
                    if (stage == 0 && plan.step == 1 && layer == 2) {
                      arrived.countDown();
                      await().atMost(EngineRig.PATIENCE).until(() -> release.getCount() == 0);
                    }
                  }
                },
            1,
            2)) {
      rig.send(plan(1, false, 5));
      rig.send(plan(2, true, 9));
      bothSent.countDown();
      assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(rig.outcome(2).values()).allMatch(o -> o.status() == Status.DONE);
      assertThat(rig.results).doesNotContainKey(1L);
      release.countDown();
      assertThat(rig.outcome(1).values()).allMatch(o -> o.status() == Status.DONE);
    }
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void abortsTheRunningStepOnAllRanksThoughOnlyOneHasSeenTheOrder(int[] stageSizes)
      throws Exception {
    CountDownLatch arrived = new CountDownLatch(stageSizes[0]);
    CountDownLatch release = new CountDownLatch(1);
    try (EngineRig rig =
        new EngineRig(
            (rank, stage, stages) ->
                stage == 0
                    ? new HeldShard(stage, stages, 1, arrived, release)
                    : new SummingShard(LAYERS, stage, stages),
            stageSizes)) {
      rig.send(plan(1, false, 5));
      assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
      rig.abort(1, 0);
      release.countDown();
      int ranks = rig.topology.ranks().size();
      for (int rank = ranks - 1; rank > 0; rank--) {
        rig.abort(1, rank);
      }
      assertThat(rig.outcome(1).values()).allMatch(o -> o.status() == Status.ABORTED);
      for (int rank = 0; rank < stageSizes[0]; rank++) {
        assertThat(rig.shards.get(rank).trace).containsExactly("1.0", "1.1");
      }
      rig.send(plan(2, false, 4));
      assertThat(rig.outcome(2).values()).allMatch(o -> o.status() == Status.DONE);
    }
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void staysInStepUnderRandomOrders(int[] stageSizes) throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (EngineRig rig = rig(stageSizes)) {
      int steps = 200;
      int outstanding = stageSizes.length + 1;
      int ranks = rig.topology.ranks().size();
      List<Integer> shuffled =
          new java.util.ArrayList<>(IntStream.range(0, ranks).boxed().toList());
      for (int step = 1; step <= steps; step++) {
        StepPlan plan =
            plan(
                step, random.nextInt(3) == 0, random.ints(1 + random.nextInt(5), 1, 999).toArray());
        java.util.Collections.shuffle(shuffled, random);
        boolean abort = random.nextInt(6) == 0;
        for (int rank : shuffled) {
          rig.send(plan, rank);
        }
        if (abort) {
          for (int rank : shuffled) {
            rig.abort(step, rank);
          }
        }
        if (step > outstanding) {
          rig.outcome(step - outstanding);
        }
      }
      for (int step = 1; step <= steps; step++) {
        rig.outcome(step);
        for (int rank = 0; rank < ranks; rank++) {
          int first = rank - rig.topology.ranks().get(rank).tpRank();
          assertThat(rig.result(step, rank).status())
              .as("step %d, rank %d", step, rank)
              .isEqualTo(rig.result(step, first).status());
        }
      }
      for (int rank = 0; rank < ranks; rank++) {
        int first = rank - rig.topology.ranks().get(rank).tpRank();
        assertThat(rig.shards.get(rank).trace).isEqualTo(rig.shards.get(first).trace);
      }
      assertThat(rig.ends).isEmpty();
    }
  }

  @Test
  void reportsProgressWhileItComputesAndWaitsAndRests() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (EngineRig rig =
        new EngineRig(
            (rank, stage, stages) ->
                rank == 0
                    ? new HeldShard(stage, stages, 1, arrived, release)
                    : new SummingShard(LAYERS, stage, stages),
            2)) {
      rig.until(() -> last(rig, 0) == State.IDLE && last(rig, 1) == State.IDLE);
      rig.send(plan(1, false, 5));
      rig.until(() -> last(rig, 0) == State.COMPUTING && last(rig, 1) == State.WAITING);
      var first = rig.reports(0).getLast();
      rig.until(() -> rig.reports(0).getLast().atNs() - first.atNs() > 500_000_000L);
      assertThat(rig.reports(0).getLast().counter()).isEqualTo(first.counter());
      assertThat(rig.reports(0).getLast().step()).isEqualTo(1);
      release.countDown();
      rig.outcome(1);
      rig.until(() -> last(rig, 0) == State.IDLE && last(rig, 1) == State.IDLE);
      assertThat(rig.reports(0))
          .isSortedAccordingTo(Comparator.comparingLong(EngineRig.Progress::counter));
    }
  }

  private static State last(EngineRig rig, int rank) {
    List<EngineRig.Progress> reports = rig.reports(rank);
    return reports.isEmpty() ? State.WAITING : reports.getLast().state();
  }

  @Test
  void endsWhenAPeerIsGone() throws Exception {
    try (EngineRig rig = rig(2)) {
      rig.send(plan(1, false, 5));
      rig.outcome(1);
      rig.engines.get(1).close();
      await().atMost(EngineRig.PATIENCE).until(() -> rig.ends.size() == 1);
      assertThat(rig.ends.getFirst()).contains("gone");
    }
  }

  @Test
  void endsWhenTheCoordinatorIsGone() throws Exception {
    try (EngineRig rig = rig(2)) {
      rig.until(() -> rig.progress.size() == 2);
      rig.loseCoordinator();
      await().atMost(EngineRig.PATIENCE).until(() -> rig.ends.size() == 2);
      assertThat(rig.ends).anyMatch(reason -> reason.contains("coordinator"));
    }
  }

  @Test
  void saysWhatFailedAndEnds() throws Exception {
    try (EngineRig rig =
        new EngineRig(
            (rank, stage, stages) ->
                new SummingShard(LAYERS, stage, stages) {
                  @Override
                  void work(StepPlan plan, int layer) {
                    if (rank == 1) {
                      throw new ArithmeticException("a bug");
                    }
                  }
                },
            2)) {
      rig.send(plan(1, false, 5));
      rig.until(() -> rig.results.containsKey(1L));
      assertThat(rig.result(1, 1).status()).isEqualTo(Status.FAILED);
      assertThat(rig.result(1, 1).failure()).contains("a bug");
      await().atMost(EngineRig.PATIENCE).until(() -> rig.ends.size() == 2);
    }
  }

  @Test
  void closingStopsALongStepOfARankWithoutPeers() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (EngineRig rig =
        new EngineRig(
            (rank, stage, stages) -> new HeldShard(stage, stages, 1, arrived, release), 1)) {
      rig.send(plan(1, false, 5));
      assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
      Thread closer = Thread.ofPlatform().start(rig.engines.getFirst()::close);
      await()
          .atMost(EngineRig.PATIENCE)
          .until(() -> closer.getState() == Thread.State.TIMED_WAITING);
      release.countDown();
      closer.join(20_000);
      assertThat(rig.shards.getFirst().trace).containsExactly("1.0", "1.1");
    }
  }

  @Test
  void closingStopsAStepThatWaitsForPeers() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (EngineRig rig =
        new EngineRig(
            (rank, stage, stages) ->
                rank == 0
                    ? new HeldShard(stage, stages, 1, arrived, release)
                    : new SummingShard(LAYERS, stage, stages),
            2)) {
      rig.send(plan(1, false, 5));
      rig.until(() -> last(rig, 1) == State.WAITING && arrived.getCount() == 0);
      rig.engines.get(1).close();
      release.countDown();
      await().atMost(EngineRig.PATIENCE).until(() -> rig.ends.size() == 1);
    }
  }
}
