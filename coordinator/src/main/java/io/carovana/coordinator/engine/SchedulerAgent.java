package io.carovana.coordinator.engine;

import com.google.protobuf.Message;
import io.carovana.coordinator.dataplane.LivenessMonitor.Suspicion;
import io.carovana.coordinator.schedule.Ending;
import io.carovana.coordinator.schedule.Request;
import io.carovana.coordinator.schedule.Scheduler;
import io.carovana.protocol.Failure;
import io.carovana.transport.GradualIdle;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scheduler's thread. Orders come in through a queue that wakes it; between orders and results
 * it parks, briefly while steps are under way and longer while nothing is.
 */
public final class SchedulerAgent implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SchedulerAgent.class);

  /** Orders that may wait; more submissions are refused. */
  private static final int MAX_ORDERS = 20_000;

  private static final int RETRY_SECONDS = 5;
  private static final long PARK_IDLE_NS = 20_000_000;
  private static final long HOUSEKEEPING_NS = 20_000_000;
  private static final long STATUS_NS = 200_000_000;

  private final Queue<Runnable> orders = new ConcurrentLinkedQueue<>();
  private final AtomicInteger ordersWaiting = new AtomicInteger();
  private final EpochListener listener;
  private final Replies replies = new Replies(this::onToken, this::onEnd);
  private final Scheduler scheduler;
  private final GradualIdle idle = GradualIdle.forExchange();
  private final Thread thread;
  private @Nullable EpochRun run;
  private @Nullable SelfTest selfTest;
  private boolean proven;
  private boolean tokenSeen;
  private long lastTokenNs;
  private long housekeepingNs;
  private long statusNs;
  private long droppedBefore;
  private volatile AgentStatus status;
  private volatile boolean closed;

  /**
   * Starts the thread.
   *
   * @param maxQueue most requests waiting
   * @param listener hears how epochs fare
   */
  public SchedulerAgent(int maxQueue, EpochListener listener) {
    this.listener = listener;
    this.scheduler = new Scheduler(maxQueue, replies);
    this.status = new AgentStatus(0, AgentStatus.NO_TOKEN, false, scheduler.view(), List.of(), 0);
    this.thread = Thread.ofPlatform().name("scheduler").daemon(true).start(this::loop);
  }

  /** Takes in a request; {@code client} hears of it on the agent's thread. */
  public void submit(Request request, Consumer<Message> client) {
    if (ordersWaiting.get() >= MAX_ORDERS) {
      Replies refusal = new Replies(() -> {}, (ended, ending) -> {});
      refusal.expect(request, client);
      Failure full = new Failure.Overloaded("too many requests at once", RETRY_SECONDS);
      refusal.onEnd(
          request,
          new Ending(
              Ending.Reason.ERROR, full, Ending.Usage.none(request), Ending.NO_STOP, new byte[0]));
      return;
    }
    order(
        () -> {
          replies.expect(request, client);
          scheduler.submit(request);
        });
  }

  /** Ends a request if it lives. */
  public void cancel(String id, Failure why) {
    order(() -> scheduler.cancel(id, why));
  }

  /** Ends all requests of a gateway. */
  public void cancelOwner(String owner, Failure why) {
    order(() -> scheduler.cancelOwner(owner, why));
  }

  /** Begins an epoch; requests are served once it has generated a first token. */
  public void begin(EpochSetup setup) {
    order(() -> startEpoch(setup));
  }

  /**
   * Ends the epoch, if one runs.
   *
   * @param running what its running requests end with
   * @param because what new requests are told from now on
   * @param queued what waiting requests end with; null to let them wait for the next epoch
   */
  public void end(Failure running, Failure because, @Nullable Failure queued) {
    order(
        () -> {
          scheduler.refuse(because);
          stopEpoch(running);
          if (queued != null) {
            scheduler.failQueued(queued);
          }
        });
  }

  /** What new requests are told while no epoch serves. */
  public void refuse(Failure because) {
    order(() -> scheduler.refuse(because));
  }

  /** What the agent knew at most a fifth of a second ago, if it is not stuck. */
  public AgentStatus status() {
    return status;
  }

  /** Whether the thread lives; it ends by itself only after a bug it could not contain. */
  public boolean alive() {
    return thread.isAlive();
  }

  /** Ends all requests and stops the thread. */
  @Override
  public void close() {
    Failure closing = new Failure.Unavailable("the coordinator is stopping", RETRY_SECONDS);
    end(closing, closing, closing);
    order(() -> closed = true);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void order(Runnable order) {
    ordersWaiting.incrementAndGet();
    orders.add(order);
    LockSupport.unpark(thread);
  }

  private void loop() {
    while (!closed) {
      int work;
      try {
        work = round();
      } catch (RuntimeException e) {
        work = 1;
        afterBug(e);
      }
      if (work > 0) {
        idle.reset();
      } else if (scheduler.outstanding() > 0) {
        idle.idle();
      } else {
        LockSupport.parkNanos(PARK_IDLE_NS);
      }
    }
  }

  private int round() {
    int work = takeOrders();
    long nowNs = System.nanoTime();
    EpochRun current = run;
    if (current != null) {
      work += current.work(nowNs);
    }
    if (nowNs - housekeepingNs >= HOUSEKEEPING_NS) {
      housekeepingNs = nowNs;
      keepHouse(nowNs);
    }
    return work;
  }

  /** An epoch's state is given up with it; a second bug on the way ends the thread. */
  private void afterBug(RuntimeException bug) {
    LOG.error("the scheduler failed", bug);
    EpochRun current = run;
    if (current != null) {
      breakEpoch(current.epoch(), Suspicion.NOBODY, "the scheduler failed: " + bug);
    }
  }

  private int takeOrders() {
    int taken = 0;
    for (Runnable order = orders.poll(); order != null; order = orders.poll()) {
      ordersWaiting.decrementAndGet();
      order.run();
      taken++;
    }
    return taken;
  }

  private void keepHouse(long nowNs) {
    scheduler.expire(nowNs);
    EpochRun current = run;
    if (current != null) {
      judge(current, nowNs);
      test(nowNs);
    }
    if (nowNs - statusNs >= STATUS_NS) {
      statusNs = nowNs;
      publish(nowNs);
    }
  }

  private void judge(EpochRun current, long nowNs) {
    Suspicion suspicion = current.check(nowNs);
    if (suspicion != null) {
      breakEpoch(current.epoch(), suspicion.rank(), suspicion.reason());
    }
  }

  private void test(long nowNs) {
    SelfTest test = selfTest;
    if (test == null) {
      return;
    }
    boolean idle = scheduler.idle() || !proven;
    Request probe = test.due(idle, nowNs - lastTokenNs);
    if (probe != null) {
      scheduler.probe(probe);
    }
  }

  private void startEpoch(EpochSetup setup) {
    stopEpoch(new Failure.WorkerLost("another placement took over"));
    long nowNs = System.nanoTime();
    lastTokenNs = nowNs;
    tokenSeen = false;
    proven = false;
    try {
      run = new EpochRun(setup, scheduler, nowNs);
    } catch (RuntimeException e) {
      LOG.error("cannot open the data plane of epoch {}", setup.epoch(), e);
      listener.onBroken(setup.epoch(), Suspicion.NOBODY, "cannot open the data plane: " + e);
      return;
    }
    selfTest = new SelfTest(setup.epoch(), setup.probeToken());
    publish(nowNs);
  }

  private void stopEpoch(Failure running) {
    EpochRun current = run;
    if (current != null) {
      run = null;
      selfTest = null;
      droppedBefore += current.droppedEpoch();
      scheduler.end(running);
      current.close();
      publish(System.nanoTime());
    }
  }

  private void breakEpoch(long epoch, int rank, String reason) {
    LOG.warn("epoch {} is over: rank {}: {}", epoch, rank, reason);
    scheduler.refuse(new Failure.Unavailable("a worker was lost: " + reason, RETRY_SECONDS));
    stopEpoch(new Failure.WorkerLost("a worker was lost while the request ran: " + reason));
    listener.onBroken(epoch, rank, reason);
  }

  private void onToken() {
    lastTokenNs = System.nanoTime();
    tokenSeen = true;
  }

  private void onEnd(Request request, Ending ending) {
    SelfTest test = selfTest;
    EpochRun current = run;
    SelfTest.Verdict verdict = test == null ? null : test.ended(request, ending);
    if (verdict == null || current == null) {
      return;
    }
    if (verdict == SelfTest.Verdict.PASSED && !proven) {
      proven = true;
      scheduler.accept();
      publish(System.nanoTime()); // who is told that the epoch serves sees that the test passed
      listener.onProven(current.epoch());
    }
    if (verdict == SelfTest.Verdict.DIFFERENT || verdict == SelfTest.Verdict.FAILED) {
      long epoch = current.epoch();
      order(() -> breakIfCurrent(epoch, "the self-test gave " + verdict + " logits"));
    }
  }

  private void breakIfCurrent(long epoch, String reason) {
    if (run != null && run.epoch() == epoch) {
      breakEpoch(epoch, Suspicion.NOBODY, reason);
    }
  }

  private void publish(long nowNs) {
    EpochRun current = run;
    SelfTest test = selfTest;
    status =
        new AgentStatus(
            current == null ? 0 : current.epoch(),
            current != null && tokenSeen ? (nowNs - lastTokenNs) / 1_000_000 : AgentStatus.NO_TOKEN,
            test != null && test.passed(),
            scheduler.view(),
            current == null ? List.of() : current.figures(),
            droppedBefore + (current == null ? 0 : current.droppedEpoch()));
  }
}
