package io.carovana.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.protocol.Failure;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.StepPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random traffic against {@link FakeEngine}; a failing case names its seed. */
class SchedulerPropertyTest {
  private static final int ROUNDS = 60;
  private static final int ACTIONS = 400;

  private final StepPlan plan = new StepPlan();
  private final Journal journal = new Journal();
  private final Map<String, Request> submitted = new HashMap<>();
  private final TreeMap<Long, Map<Long, Integer>> underWay = new TreeMap<>();
  private Random random = new Random(0);
  private Scheduler scheduler = new Scheduler(1, journal);
  private EngineLimits limits = new EngineLimits(1, 0, 1, 1, 1, 1, 1, 1, true, true);
  private FakeEngine engine = new FakeEngine(limits);
  private long epoch;
  private long clockNs;
  private long cached;
  private long guessesHeld;
  private long evictions;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyRequestEndsOnceWithTheTokensOfAnUndisturbedRun(long family) {
    for (int round = 0; round < ROUNDS; round++) {
      long seed = family * 1_000 + round;
      try {
        run(seed);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(cached).as("tokens from the prefix cache").isPositive();
    assertThat(guessesHeld).as("guesses that held").isPositive();
    assertThat(evictions).as("sequences evicted").isPositive();
  }

  private void run(long seed) {
    random = new Random(seed);
    submitted.clear();
    journal.tokens.clear();
    journal.promptPositions.clear();
    journal.endings.clear();
    int maxQueue = 1 + random.nextInt(40);
    scheduler = new Scheduler(maxQueue, journal);
    beginEpoch();
    scheduler.accept();
    for (int action = 0; action < ACTIONS; action++) {
      act();
      issueSteps();
    }
    drain();

    assertThat(journal.endings.keySet()).isEqualTo(submitted.keySet());
    submitted.values().forEach(this::checkOutcome);
    SchedulerView view = scheduler.view();
    assertThat(view.kvPagesFree()).isEqualTo(view.kvPagesTotal());
    assertThat(view.queued() + view.running() + view.outstanding()).isZero();
    assertThat(view.requests()).isEmpty();
    cached += view.totals().cachedTokens();
    guessesHeld += view.totals().guessesHeld();
    evictions += view.evictions();
  }

  private void beginEpoch() {
    int stages = 1 + random.nextInt(3);
    int ranks = stages * (1 + random.nextInt(3));
    int pages = 2 + random.nextInt(30);
    limits =
        new EngineLimits(
            ranks,
            random.nextInt(ranks),
            stages,
            Math.max(1, pages * KvPool.PAGE_TOKENS - random.nextInt(40)),
            pages,
            1 + random.nextInt(200),
            1 + random.nextInt(6),
            1 + random.nextInt(5),
            random.nextInt(4) > 0,
            random.nextInt(4) > 0);
    engine = new FakeEngine(limits);
    underWay.clear();
    scheduler.begin(++epoch, limits);
  }

  private void act() {
    int dice = random.nextInt(100);
    if (dice < 25) {
      submit();
    } else if (dice < 30 && !submitted.isEmpty()) {
      cancelOne();
    } else if (dice < 31) {
      scheduler.cancelOwner("gateway-" + random.nextInt(4), new Failure.Cancelled("gone"));
    } else if (dice < 33) {
      clockNs += random.nextInt(1_000);
      scheduler.expire(clockNs);
    } else if (dice < 34) {
      scheduler.end(new Failure.WorkerLost("a worker died"));
      beginEpoch();
    } else if (!engine.idle()) {
      runOne();
    }
    for (long step = scheduler.nextAbort(); step != 0; step = scheduler.nextAbort()) {
      assertThat(underWay).containsKey(step);
      engine.abort(step);
    }
  }

  private void runOne() {
    engine.run(scheduler, epoch, random);
    underWay.keySet().removeIf(step -> !engine.holds(step));
  }

  private void cancelOne() {
    List<String> ids = new ArrayList<>(submitted.keySet());
    scheduler.cancel(ids.get(random.nextInt(ids.size())), new Failure.Cancelled("gone"));
  }

  private void submit() {
    String id = "r" + submitted.size();
    int capacity = limits.context();
    int promptLength = 1 + random.nextInt(random.nextInt(10) == 0 ? capacity + 5 : 60);
    int maxTokens = random.nextInt(random.nextInt(6) == 0 ? capacity : 30);
    int[] prompt = random.ints(promptLength, 0, 600).toArray();
    beginLikeAnother(prompt);
    if (random.nextInt(40) == 0) {
      prompt[random.nextInt(promptLength)] = FakeEngine.POISON;
    }
    int emittedBefore = random.nextInt(5) == 0 ? Math.min(maxTokens, random.nextInt(8)) : 0;
    int[] emitted = reference(prompt, new int[0], emittedBefore);
    int[] stops = random.nextBoolean() ? random.ints(5, 0, 600).toArray() : new int[0];
    long deadline = random.nextInt(10) == 0 ? clockNs + random.nextInt(3_000) : Long.MAX_VALUE;
    boolean promptLogprobs = random.nextInt(5) == 0;
    Request.Sampling sampling =
        new Request.Sampling(0, 1, 0, 0, 0, promptLogprobs, promptLogprobs, false);
    Request request =
        new Request(
            id,
            "gateway-" + random.nextInt(4),
            prompt,
            emitted,
            sampling,
            maxTokens,
            stops,
            deadline,
            "client-" + random.nextInt(3),
            random.nextInt(4) == 0);
    submitted.put(id, request);
    scheduler.submit(request);
  }

  private void beginLikeAnother(int[] prompt) {
    Request other = submitted.get("r" + random.nextInt(submitted.size() + 1));
    if (other != null && random.nextInt(3) > 0) {
      int[] text = reference(other.prompt(), new int[0], 60);
      int[] all = Arrays.copyOf(other.prompt(), other.prompt().length + text.length);
      System.arraycopy(text, 0, all, other.prompt().length, text.length);
      int shared = random.nextInt(Math.min(all.length, prompt.length) + 1);
      System.arraycopy(all, 0, prompt, 0, shared);
    }
  }

  /** Lets the scheduler form steps, and checks each against its contract. */
  private void issueSteps() {
    while (scheduler.next(plan)) {
      assertThat(plan.rows()).isBetween(1, limits.maxStepRows());
      Map<Long, Integer> ends = new HashMap<>();
      for (int i = 0; i < plan.size(); i++) {
        SequenceStep entry = plan.get(i);
        checkOverlap(entry);
        int guesses = Math.max(0, entry.sampledRows - 1);
        assertThat(ends.put(entry.sequence, entry.start + entry.rows - guesses)).isNull();
      }
      underWay.put(plan.step, ends);
      engine.offer(plan);
      assertThat(underWay.size()).isLessThanOrEqualTo(limits.stages() + 1);
      if (random.nextInt(4) == 0) {
        break;
      }
    }
  }

  /** A sequence is in one step, except that following chunks of its prompt may fill a pipeline. */
  private void checkOverlap(SequenceStep entry) {
    int others = 0;
    int lastEnd = entry.start;
    for (Map<Long, Integer> step : underWay.values()) {
      Integer end = step.get(entry.sequence);
      if (end != null) {
        others++;
        lastEnd = end;
      }
    }
    assertThat(others).isLessThan(limits.stages());
    boolean rewound = entry.start < lastEnd;
    assertThat(rewound || entry.start == lastEnd).as("positions are contiguous").isTrue();
  }

  private void drain() {
    for (int left = 200_000; left > 0; left--) {
      while (scheduler.next(plan)) {
        engine.offer(plan);
      }
      for (long step = scheduler.nextAbort(); step != 0; step = scheduler.nextAbort()) {
        engine.abort(step);
      }
      if (engine.idle()) {
        return;
      }
      runOne();
    }
    throw new AssertionError("the scheduler does not come to an end");
  }

  private void checkOutcome(Request request) {
    Ending ending = Objects.requireNonNull(journal.endings.get(request.id()));
    List<Integer> tokens = journal.tokensOf(request.id());
    int[] expected =
        reference(
            request.prompt(), request.emitted(), request.maxTokens() - request.emitted().length);
    for (int i = 0; i < tokens.size(); i++) {
      assertThat(tokens.get(i)).as(request.id() + " token " + i).isEqualTo(expected[i]);
    }
    switch (ending.reason()) {
      case LENGTH ->
          assertThat(tokens).hasSize(Math.max(0, request.maxTokens() - request.emitted().length));
      case STOP -> {
        assertThat(request.stopsAt(ending.stopId())).isTrue();
        assertThat(expected[tokens.size()]).isEqualTo(ending.stopId());
      }
      case CANCELLED, ERROR -> assertThat(ending.failure()).isNotNull();
    }
    boolean poisoned =
        Arrays.stream(request.prompt()).anyMatch(token -> token == FakeEngine.POISON);
    if (ending.failure() instanceof Failure.NonFinite) {
      assertThat(poisoned).as("only the guilty fail").isTrue();
    }
    boolean complete =
        ending.reason() == Ending.Reason.LENGTH || ending.reason() == Ending.Reason.STOP;
    if (complete && request.wantsWork()) {
      assertThat(poisoned).isFalse();
      if (request.sampling().promptLogprobs()) {
        assertThat(journal.promptPositions.getOrDefault(request.id(), List.of()))
            .hasSize(request.prompt().length - 1);
      }
    }
  }

  private static int[] reference(int[] prompt, int[] emitted, int count) {
    int[] all = Arrays.copyOf(prompt, prompt.length + emitted.length + Math.max(0, count));
    System.arraycopy(emitted, 0, all, prompt.length, emitted.length);
    int length = prompt.length + emitted.length;
    for (int i = 0; i < count; i++, length++) {
      all[length] = FakeEngine.following(all, length);
    }
    return Arrays.copyOfRange(all, prompt.length + emitted.length, all.length);
  }
}
