package io.carovana.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.protocol.Failure;
import io.carovana.protocol.step.SequenceResult;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What the scheduler decides, case by case; one rank acknowledges by hand. */
class SchedulerTest {
  private static final int EPOCH = 7;

  private final Journal journal = new Journal();
  private final Scheduler scheduler = new Scheduler(2, journal);
  private final StepPlan plan = new StepPlan();

  @Test
  void decodesAsAnUrgentStepWhileALongPrefillRuns() {
    begin(1, 100);
    submit("stream", 3, 10);
    run();
    submit("long", 500, 10);

    assertThat(scheduler.next(plan)).isTrue();
    StepPlan prefill = copy();
    assertThat(prefill.urgent).isFalse();
    assertThat(prefill.rows()).isEqualTo(256);
    assertThat(scheduler.next(plan)).isTrue();
    assertThat(plan.urgent).isTrue();
    assertThat(plan.rows()).isEqualTo(1);
    StepPlan urgent = copy();
    assertThat(scheduler.next(plan)).as("nothing else is ready").isFalse();

    finish(urgent, 42);
    assertThat(journal.tokensOf("stream")).hasSize(2);
    assertThat(scheduler.next(plan)).isTrue();
    assertThat(plan.urgent).as("the stream goes on inside the same prefill").isTrue();
  }

  @Test
  void batchesAllDecodesAndAShortPromptIntoOneStep() {
    begin(1, 100);
    submit("a", 3, 10);
    submit("b", 4, 10);
    run();
    submit("c", 20, 10);

    assertThat(scheduler.next(plan)).isTrue();
    assertThat(plan.size()).isEqualTo(3);
    assertThat(plan.rows()).isEqualTo(22);
    assertThat(plan.urgent).isFalse();
  }

  @Test
  void fillsAPipelineWithFollowingChunksOfOnePrompt() {
    begin(2, 100);
    submit("long", 700, 10);

    assertThat(scheduler.next(plan)).isTrue();
    assertThat(plan.get(0).start).isZero();
    assertThat(scheduler.next(plan)).isTrue();
    assertThat(plan.get(0).start).isEqualTo(256);
    assertThat(scheduler.next(plan)).isFalse();
  }

  @Test
  void abortsAStepThatRunsForNobody() {
    begin(1, 100);
    submit("long", 300, 10);
    assertThat(scheduler.next(plan)).isTrue();
    StepPlan prefill = copy();

    scheduler.cancel("long", new Failure.Cancelled("gone"));

    assertThat(ending("long").reason()).isEqualTo(Ending.Reason.CANCELLED);
    assertThat(scheduler.nextAbort()).isEqualTo(prefill.step);
    assertThat(scheduler.nextAbort()).as("said once").isZero();
    assertThat(scheduler.view().kvPagesFree()).as("pages in use").isLessThan(100);
    acknowledge(prefill, StepResult.Status.ABORTED);
    assertThat(scheduler.view().kvPagesFree()).isEqualTo(100);
  }

  @Test
  void refusesWhatDoesNotFitTheContextOrTheQueue() {
    begin(1, 10);
    submit("prompt", 330, 1);
    submit("tokens", 100, 300);
    assertThat(ending("prompt").failure())
        .isInstanceOfSatisfying(
            Failure.ContextExceeded.class, f -> assertThat(f.field()).isEqualTo("prompt"));
    assertThat(ending("tokens").failure())
        .isInstanceOfSatisfying(
            Failure.ContextExceeded.class, f -> assertThat(f.field()).isEqualTo("max_tokens"));

    submit("first", 10, 1);
    submit("second", 10, 1);
    submit("third", 10, 1);
    assertThat(ending("third").failure())
        .isInstanceOfSatisfying(
            Failure.Overloaded.class, f -> assertThat(f.retryAfterSeconds()).isPositive());
    submit("first", 10, 1);
    assertThat(ending("first").failure()).isInstanceOf(Failure.InvalidRequest.class);
  }

  @Test
  void endsByStopIdWithoutEmittingIt() {
    begin(1, 100);
    scheduler.submit(request("r", 5, 10, new int[] {9}));
    assertThat(scheduler.next(plan)).isTrue();
    finish(copy(), 9);

    assertThat(ending("r").reason()).isEqualTo(Ending.Reason.STOP);
    assertThat(ending("r").stopId()).isEqualTo(9);
    assertThat(journal.tokensOf("r")).isEmpty();
  }

  @Test
  void failsRunningRequestsWithTheEpochAndKeepsWaitingOnes() {
    begin(1, 3);
    submit("running", 60, 30);
    run();
    submit("waiting", 60, 30);
    assertThat(scheduler.view().queued()).isEqualTo(1);

    scheduler.end(new Failure.WorkerLost("gone"));
    assertThat(ending("running").failure()).isInstanceOf(Failure.WorkerLost.class);
    assertThat(journal.endings).doesNotContainKey("waiting");

    scheduler.begin(EPOCH + 1, limits(1, 3));
    assertThat(scheduler.next(plan)).isTrue();
    assertThat(plan.epoch).isEqualTo(EPOCH + 1);
  }

  @Test
  void ignoresResultsOfAnotherEpoch() {
    begin(1, 100);
    submit("r", 5, 10);
    assertThat(scheduler.next(plan)).isTrue();
    StepPlan stale = copy();
    stale.epoch = EPOCH - 1;

    finish(stale, 3);

    assertThat(journal.tokensOf("r")).isEmpty();
    assertThat(scheduler.view().outstanding()).isEqualTo(1);
  }

  @Test
  void evictsTheYoungestWhenPagesRunOutAndFinishesBoth() {
    begin(1, 4);
    submit("old", 30, 60);
    submit("young", 30, 60);
    List<Integer> sizes = new ArrayList<>();
    for (int i = 0; i < 400 && journal.endings.size() < 2; i++) {
      if (scheduler.next(plan)) {
        sizes.add(plan.size());
        finish(copy(), 1);
      }
    }

    assertThat(sizes).as("they ran together for a while, then one by one").contains(1, 2);
    assertThat(journal.tokensOf("old")).hasSize(60);
    assertThat(journal.tokensOf("young")).hasSize(60);
    assertThat(scheduler.view().kvPagesFree()).isEqualTo(4);
  }

  @Test
  void aShortPromptIsReadBetweenTheLayersOfALongOne() {
    begin(1, 100);
    submit("warm", 40, 1);
    run();
    submit("long", 1_000, 10);
    assertThat(scheduler.next(plan)).isTrue();
    StepPlan chunk = copy();
    submit("short", 50, 10);

    assertThat(scheduler.next(plan)).isTrue();
    assertThat(plan.urgent).isTrue();
    StepPlan between = copy();
    assertThat(between.rows()).isEqualTo(50);
    finish(between, 6);
    assertThat(journal.tokensOf("short")).hasSize(1);
    assertThat(scheduler.next(plan)).as("and goes on there").isTrue();
    assertThat(plan.urgent).isTrue();
    assertThat(chunk.get(0).rows).isEqualTo(256);
  }

  @Test
  void readsAPromptOnceForSeveralChoices() {
    begin(1, 100);
    int[] prompt = Requests.counting(0, 600);
    scheduler.submit(Requests.of("a", prompt, 5));
    scheduler.submit(Requests.of("b", prompt, 5));
    int rows = 0;
    while (journal.tokensOf("b").isEmpty()) {
      assertThat(scheduler.next(plan)).isTrue();
      rows += plan.rows();
      finish(copy(), 6);
    }
    assertThat(rows).as("18 pages are shared, 24 rows read again").isBetween(624, 640);
    while (scheduler.next(plan)) {
      finish(copy(), 6);
    }
    assertThat(ending("a").usage().cachedTokens()).isZero();
    assertThat(ending("b").usage().cachedTokens()).isEqualTo(576);
    assertThat(scheduler.view().totals().cachedTokens()).isEqualTo(576);
    assertThat(scheduler.view().kvPagesFree()).isEqualTo(100);
    assertThat(scheduler.view().kvPagesCached()).isPositive();
  }

  @Test
  void shortOnesPassALongOneThatWaitsForPagesButNotForEver() {
    begin(1, 40);
    submit("first", 900, 350);
    run();
    submit("second", 900, 350);
    int passed = 0;
    for (int i = 0; i < Admission.MOST_OVERTAKING + 10; i++) {
      submit("short" + i, 10, 1);
      for (int steps = 0; steps < 3 && scheduler.next(plan); steps++) {
        finish(copy(), 6);
      }
      passed += journal.endings.containsKey("short" + i) ? 1 : 0;
      scheduler.cancel("short" + i, new Failure.Cancelled("gone"));
    }
    assertThat(passed).isEqualTo(Admission.MOST_OVERTAKING);
    assertThat(journal.tokensOf("second")).isEmpty();

    submit("late", 10, 1);
    scheduler.cancel("first", new Failure.Cancelled("gone"));
    while (journal.tokensOf("late").isEmpty() && scheduler.next(plan)) {
      finish(copy(), 6);
    }
    assertThat(scheduler.view().running()).as("the second runs, and the late one after it").isOne();
  }

  @Test
  void whatACancelledPrefillReadIsNotReadAgain() {
    begin(1, 100);
    scheduler.submit(Requests.of("first", Requests.counting(0, 800), 5));
    run();
    run();
    scheduler.cancel("first", new Failure.Cancelled("gone"));
    scheduler.submit(Requests.of("again", Requests.counting(0, 800), 5));
    assertThat(scheduler.next(plan)).isTrue();
    assertThat(plan.get(0).start).isEqualTo(512);
  }

  @Test
  void aGuessThatIsNotFiniteIsTakenBackAndFailsNobody() {
    begin(1, 100);
    scheduler.submit(Requests.of("r", Requests.repeated(3, 40), 20));
    scheduler.next(plan);
    finish(copy(), 3);
    scheduler.next(plan);
    finish(copy(), 3);
    assertThat(scheduler.next(plan)).isTrue();
    assertThat(plan.rows()).as("a decode with guesses").isGreaterThan(1);
    StepPlan guessed = copy();
    acknowledge(guessed, StepResult.Status.NON_FINITE);

    assertThat(journal.endings).isEmpty();
    assertThat(scheduler.next(plan)).isTrue();
    assertThat(plan.rows()).isEqualTo(1);
    assertThat(plan.get(0).start).isEqualTo(guessed.get(0).start);
    acknowledge(copy(), StepResult.Status.NON_FINITE);
    assertThat(ending("r").failure()).isInstanceOf(Failure.NonFinite.class);
  }

  @Test
  void expiresByTheClockItIsGiven() {
    begin(1, 100);
    Request request =
        new Request(
            "r",
            "g",
            new int[] {1, 2},
            new int[0],
            Request.Sampling.GREEDY,
            5,
            new int[0],
            1_000,
            "c",
            false);
    scheduler.submit(request);

    scheduler.expire(999);
    assertThat(journal.endings).isEmpty();
    scheduler.expire(1_000);
    assertThat(ending("r").failure()).isInstanceOf(Failure.DeadlineExceeded.class);
  }

  private void begin(int stages, int pages) {
    scheduler.begin(EPOCH, limits(stages, pages));
    scheduler.accept();
  }

  private static EngineLimits limits(int stages, int pages) {
    return new EngineLimits(1, 0, stages, pages * KvPool.PAGE_TOKENS, pages, 256, 4, 4, true, true);
  }

  private void submit(String id, int promptLength, int maxTokens) {
    scheduler.submit(request(id, promptLength, maxTokens, new int[0]));
  }

  private static Request request(String id, int promptLength, int maxTokens, int[] stops) {
    int[] prompt = new int[promptLength];
    Arrays.fill(prompt, id.hashCode() & 0xFFFF);
    return new Request(
        id,
        "g",
        prompt,
        new int[0],
        Request.Sampling.GREEDY,
        maxTokens,
        stops,
        Request.NO_DEADLINE,
        "client",
        false);
  }

  private void run() {
    assertThat(scheduler.next(plan)).isTrue();
    finish(copy(), 5);
  }

  /** Answers a step with {@code token} for every sequence that samples. */
  private void finish(StepPlan step, int token) {
    StepResult result = new StepResult();
    result.epoch = step.epoch;
    result.step = step.step;
    result.computeNs = 1_000_000L + step.rows() * 10_000L;
    for (int i = 0; i < step.size(); i++) {
      if (step.get(i).sampledRows > 0) {
        SequenceResult one = result.add();
        one.sequence = step.get(i).sequence;
        one.token = token;
      }
    }
    scheduler.onResult(0, result);
  }

  private void acknowledge(StepPlan step, StepResult.Status status) {
    StepResult result = new StepResult();
    result.epoch = step.epoch;
    result.step = step.step;
    result.status = status;
    scheduler.onResult(0, result);
  }

  private StepPlan copy() {
    StepPlan copy = new StepPlan();
    copy.epoch = plan.epoch;
    copy.step = plan.step;
    copy.urgent = plan.urgent;
    for (int i = 0; i < plan.size(); i++) {
      var entry = copy.add();
      entry.sequence = plan.get(i).sequence;
      entry.start = plan.get(i).start;
      entry.rows = plan.get(i).rows;
      entry.sampledRows = plan.get(i).sampledRows;
    }
    return copy;
  }

  private Ending ending(String id) {
    return Objects.requireNonNull(journal.endings.get(id));
  }
}
