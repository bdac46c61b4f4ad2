package io.carovana.coordinator.schedule;

import io.carovana.protocol.Failure;
import io.carovana.protocol.step.SequenceResult;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides what runs next: a state machine without clock or thread. Requests go in, step plans come
 * out (continuous batching: every step is formed anew from all that runs), results go in, tokens
 * and endings come out through {@link RequestEvents}.
 *
 * <p>At most as many ordinary steps are outstanding as there are stages, and one urgent step beside
 * them. A sequence is in one outstanding step, except that following chunks of one prompt may fill
 * a pipeline.
 */
public final class Scheduler {
  /** What a client is told to wait when the queue is full, seconds. */
  private static final int RETRY_WHEN_FULL_SECONDS = 5;

  private final int maxQueue;
  private final Ledger ledger;
  private final Admission admission = new Admission();
  private final TreeMap<Long, OutstandingStep> outstanding = new TreeMap<>();
  private @Nullable EngineLimits limits;
  private @Nullable StepFormer former;
  private StepCosts costs = new StepCosts();
  private long nowNs;
  private Failure closedBecause = new Failure.Unavailable("the cluster is starting", 5);
  private boolean accepting;
  private long epoch;
  private long lastStep;
  private long steps;

  /**
   * @param maxQueue most requests waiting for admission
   * @param events who is told
   */
  public Scheduler(int maxQueue, RequestEvents events) {
    this.maxQueue = maxQueue;
    this.ledger = new Ledger(events);
  }

  /** An epoch begins: its engine is ready, its KV cache empty. */
  public void begin(long epoch, EngineLimits limits) {
    this.epoch = epoch;
    this.limits = limits;
    this.costs = new StepCosts();
    this.former = new StepFormer(admission, limits, costs);
    this.lastStep = 0;
    admission.begin(limits);
    for (Sequence waiting : List.copyOf(admission.queued())) {
      Failure misfit = misfit(waiting.request, limits);
      if (misfit != null) {
        fail(waiting, misfit);
      }
    }
  }

  /** Opens the door to requests. */
  public void accept() {
    accepting = true;
  }

  /** Closes it; {@code because} answers requests from now on. */
  public void refuse(Failure because) {
    accepting = false;
    closedBecause = because;
  }

  /** The epoch is over: running requests fail, waiting ones wait on. */
  public void end(Failure running) {
    for (OutstandingStep step : outstanding.values()) {
      step.items.forEach(item -> item.sequence().inFlight = 0);
    }
    outstanding.clear();
    for (Sequence sequence : List.copyOf(admission.running())) {
      fail(sequence, running);
    }
    limits = null;
    former = null;
  }

  /** Fails all requests that wait. */
  public void failQueued(Failure failure) {
    List.copyOf(admission.queued()).forEach(sequence -> fail(sequence, failure));
  }

  /** Takes in a request, or ends it at once with what is wrong. */
  public void submit(Request request) {
    Failure refusal = refusal(request);
    if (refusal != null) {
      ledger.refuse(request, refusal);
      return;
    }
    Sequence sequence = ledger.open(request);
    if (request.wantsWork()) {
      admission.enqueue(sequence);
    } else {
      ledger.end(sequence, Ending.Reason.LENGTH, null, Ending.NO_STOP);
    }
  }

  /** Takes in a request of the coordinator's own, whether or not clients are served. */
  public void probe(Request request) {
    admission.enqueue(ledger.open(request));
  }

  /** Ends a request if it lives. */
  public void cancel(String id, Failure why) {
    Sequence sequence = ledger.find(id);
    if (sequence != null) {
      fail(sequence, why);
    }
  }

  /** Ends all requests of a gateway. */
  public void cancelOwner(String owner, Failure why) {
    for (Sequence sequence : ledger.all()) {
      if (sequence.request.owner().equals(owner)) {
        fail(sequence, why);
      }
    }
  }

  /**
   * Takes in the time: how long steps are under way, and what is left of prompts, follow from it.
   */
  public void clock(long nowNs) {
    this.nowNs = nowNs;
  }

  /** Ends the requests whose deadline has passed. */
  public void expire(long nowNs) {
    for (Sequence sequence : ledger.all()) {
      long deadline = sequence.request.deadlineNs();
      if (deadline != Request.NO_DEADLINE && nowNs - deadline >= 0) {
        fail(sequence, new Failure.DeadlineExceeded("the request ran past its deadline"));
      }
    }
  }

  /**
   * Forms the next step.
   *
   * @return false if there is nothing to do or enough under way
   */
  public boolean next(StepPlan plan) {
    StepFormer form = former;
    EngineLimits engine = limits;
    if (form == null || engine == null) {
      return false;
    }
    admission.admit(ledger.ended());
    plan.clear();
    boolean urgent = prefillUnderWay() && !urgentUnderWay();
    OutstandingStep step = new OutstandingStep(lastStep + 1, urgent);
    if (urgent) {
      form.between(plan, step, ledger.ended());
    }
    if (plan.size() == 0 && ordinaryUnderWay() < engine.stages()) {
      step = new OutstandingStep(lastStep + 1, false);
      form.mixed(plan, step, ledger.ended());
    }
    if (plan.size() == 0) {
      return false;
    }
    lastStep++;
    steps++;
    step.handedOutNs = nowNs;
    step.items.forEach(item -> item.sequence().handedOut(nowNs));
    plan.epoch = epoch;
    plan.step = step.number;
    plan.urgent = step.urgent;
    outstanding.put(step.number, step);
    return true;
  }

  /** The next step to abort, each told once; 0 for none. */
  public long nextAbort() {
    for (OutstandingStep step : outstanding.values()) {
      if (step.abortWanted && !step.abortSent) {
        step.abortSent = true;
        return step.number;
      }
    }
    return 0;
  }

  /** Takes in a rank's result; one of another epoch or of no outstanding step is ignored. */
  public void onResult(int rank, StepResult result) {
    EngineLimits engine = limits;
    OutstandingStep step = outstanding.get(result.step);
    if (engine == null || result.epoch != epoch || step == null) {
      return;
    }
    if (rank == engine.samplingRank() && result.status == StepResult.Status.DONE) {
      step.sampled = true;
      learn(step, result);
      takeResults(step, result);
    }
    if (result.status == StepResult.Status.NON_FINITE) {
      takeNonFinite(step, result);
    }
    if (step.acknowledge(rank, engine.ranks())) {
      outstanding.remove(step.number);
      complete(step);
    }
  }

  /** Steps under way. */
  public int outstanding() {
    return outstanding.size();
  }

  /** Requests, pages and steps at this moment. */
  public SchedulerView view() {
    KvPool pool = admission.pool();
    return new SchedulerView(
        admission.waiting(),
        admission.running().size(),
        outstanding.size(),
        limits == null ? 0 : pool.free(),
        limits == null ? 0 : pool.cached(),
        limits == null ? 0 : pool.total(),
        steps,
        admission.evictions(),
        ledger.totals(),
        ledger.view().stream()
            .filter(sequence -> !sequence.request.isProbe())
            .limit(SchedulerView.MOST_REQUESTS)
            .map(sequence -> RequestView.of(sequence, leftMs(sequence)))
            .toList(),
        former == null ? SchedulerView.Pace.UNKNOWN : former.pace());
  }

  /** Whether anything waits or runs. */
  public boolean idle() {
    return admission.waiting() + admission.running().size() == 0;
  }

  /**
   * Time until a prompt is computed, by what its tokens cost and by how much slower or faster than
   * that it was so far; -1 when unknown.
   */
  private long leftMs(Sequence sequence) {
    int prompt = sequence.request.prompt().length;
    if (!costs.known() || sequence.computed >= prompt) {
      return -1;
    }
    double left = costs.prefillUs(sequence.computed, prompt);
    double alone = costs.prefillUs(sequence.computedWhenAdmitted, sequence.computed);
    double took = sequence.admittedNs == 0 ? 0 : (nowNs - sequence.admittedNs) / 1e3;
    return Math.round(left * (alone > 0 && took > 0 ? took / alone : 1) / 1e3);
  }

  private @Nullable Failure refusal(Request request) {
    EngineLimits engine = limits;
    if (!accepting) {
      return closedBecause;
    }
    if (ledger.find(request.id()) != null) {
      return new Failure.InvalidRequest(
          "request_id", "request " + request.id() + " is running already");
    }
    if (request.prompt().length == 0) {
      return new Failure.InvalidRequest("prompt", "the prompt has no tokens");
    }
    Failure misfit = engine == null ? null : misfit(request, engine);
    if (misfit != null) {
      return misfit;
    }
    if (admission.waiting() >= maxQueue) {
      return new Failure.Overloaded(
          "all " + maxQueue + " places in the queue are taken", RETRY_WHEN_FULL_SECONDS);
    }
    return null;
  }

  private static @Nullable Failure misfit(Request request, EngineLimits engine) {
    int prompt = request.prompt().length;
    long capacity = Math.min(engine.context(), (long) engine.kvPages() * KvPool.PAGE_TOKENS);
    if (request.longest() <= capacity) {
      return null;
    }
    return new Failure.ContextExceeded(
        prompt >= capacity ? "prompt" : "max_tokens",
        "the prompt has "
            + prompt
            + " tokens and max_tokens is "
            + request.maxTokens()
            + "; together at most "
            + capacity
            + " fit the context");
  }

  private void learn(OutstandingStep step, StepResult result) {
    double us = (result.computeNs + result.waitNs) / 1e3;
    if (step.decodesOnly() && step.rows() == step.items.size()) {
      costs.decode(us);
      if (outstanding.size() == 1) {
        costs.decodeUnderWay((nowNs - step.handedOutNs) / 1e3);
      }
    } else if (step.prefillsOnly()) {
      costs.prefill(step.rows(), step.positions(), us);
    }
  }

  private void takeResults(OutstandingStep step, StepResult result) {
    for (OutstandingStep.Item item : step.items) {
      if (item.current()) {
        Sequence sequence = item.sequence();
        if (sequence.computed != item.start()) {
          throw new IllegalStateException(
              "rows from " + item.start() + " after " + sequence.computed + " computed");
        }
        sequence.computed = item.start() + item.rows();
        sequence.alone = false;
        admission.computed(sequence);
        ledger.guessed(sequence, item.guesses());
      }
    }
    for (int i = 0; i < result.size(); i++) {
      SequenceResult one = result.get(i);
      for (OutstandingStep.Item item : step.items) {
        if (item.sequence().number == one.sequence && item.current()) {
          take(item, one);
        }
      }
    }
    for (OutstandingStep.Item item : step.items) {
      if (item.current()) {
        afterRows(item);
      }
    }
  }

  private void take(OutstandingStep.Item item, SequenceResult result) {
    Sequence sequence = item.sequence();
    if (result.promptCount > 0) {
      ledger.promptRows(sequence, item.start(), result);
    }
    boolean guessHeld = sequence.length > item.start() + item.rows();
    if (result.token >= 0 && guessHeld) {
      sequence.computed = sequence.length; // the guess was the row of the token before
      sequence.scheduled = sequence.length;
      ledger.guessHeld(sequence);
    }
    if (result.token >= 0 && sequence.computed == sequence.length) {
      admission.generated(sequence);
      ledger.token(sequence, result);
      if (!sequence.running()) {
        admission.ended(sequence);
      }
    }
  }

  private void afterRows(OutstandingStep.Item item) {
    Sequence sequence = item.sequence();
    if (item.guesses() > 0) {
      int held = sequence.length - item.start() - item.rows() - 1;
      sequence.guesser.verified(item.guesses(), held);
    }
    if (item.rows() > 1 && sequence.computed < sequence.length) {
      ledger.progress(sequence, leftMs(sequence));
    }
    if (sequence.request.maxTokens() == 0 && sequence.computed == sequence.length) {
      ledger.end(sequence, Ending.Reason.LENGTH, null, Ending.NO_STOP);
      admission.ended(sequence);
    }
  }

  /**
   * A sequence that was not alone in the step may be innocent, and so may one whose guess was
   * wrong: each is tried by itself, without guesses.
   */
  private void takeNonFinite(OutstandingStep step, StepResult result) {
    for (OutstandingStep.Item item : step.items) {
      Sequence sequence = item.sequence();
      if (!item.current()) {
        continue;
      }
      if (step.items.size() == 1 && item.guesses() == 0) {
        String what = result.failure == null ? "a value is not finite" : result.failure;
        fail(sequence, new Failure.NonFinite(what));
      } else {
        sequence.alone = true;
        sequence.rewind();
      }
    }
  }

  private void complete(OutstandingStep step) {
    for (OutstandingStep.Item item : step.items) {
      Sequence sequence = item.sequence();
      if (!step.sampled && item.current()) {
        sequence.rewind();
      }
      if (--sequence.inFlight == 0) {
        admission.settled(sequence, ledger.ended());
      }
    }
  }

  private void fail(Sequence sequence, Failure failure) {
    ledger.fail(sequence, failure);
    admission.ended(sequence);
    if (sequence.inFlight > 0) {
      for (OutstandingStep step : outstanding.values()) {
        step.abortWanted |= step.mostlyInVain();
      }
    }
  }

  private boolean prefillUnderWay() {
    return outstanding.values().stream().anyMatch(step -> !step.urgent && step.prefillsOnly());
  }

  private boolean urgentUnderWay() {
    return outstanding.values().stream().anyMatch(step -> step.urgent);
  }

  private int ordinaryUnderWay() {
    return (int) outstanding.values().stream().filter(step -> !step.urgent).count();
  }
}
