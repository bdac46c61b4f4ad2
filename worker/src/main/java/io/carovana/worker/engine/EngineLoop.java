package io.carovana.worker.engine;

import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.transport.AeronLinks;
import io.carovana.transport.Control;
import io.carovana.transport.GradualIdle;
import io.carovana.transport.LinkException;
import io.carovana.transport.MessageReader;
import io.carovana.worker.shard.LayerGate;
import io.carovana.worker.shard.Shard;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.IdleStrategy;

/**
 * The order in which a rank runs its steps, which all ranks of a stage must choose alike.
 *
 * <p>The first stage runs plans as they arrive. In a later stage tensor-parallel rank 0 chooses the
 * first waiting plan whose hand-over has begun to arrive, urgent ones before others, and tells its
 * peers; so a stage that waits for a long prefill still serves the decodes that overtook it.
 * Between two layers of a plan that is not urgent, urgent plans that all ranks know of run nested
 * in it.
 */
final class EngineLoop {
  private final AeronLinks links;
  private final Shard shard;
  private final Orders orders;
  private final MessageReader orderReader;
  private final Results results;
  private final EngineStatus status;
  private final boolean follows;
  private final boolean leads;
  private final BooleanSupplier closed;
  private final IdleStrategy idle = GradualIdle.forDutyCycle();
  private final IdleStrategy exchangeIdle = GradualIdle.forExchange();
  private final Running outer = new Running();
  private final Running nested = new Running();

  /**
   * Wires a rank's loop.
   *
   * @param stage this rank's stage
   * @param closed whether the loop is to end
   */
  EngineLoop(
      AeronLinks links,
      Shard shard,
      Orders orders,
      MessageReader orderReader,
      Results results,
      EngineStatus status,
      int stage,
      BooleanSupplier closed) {
    this.links = links;
    this.shard = shard;
    this.orders = orders;
    this.orderReader = orderReader;
    this.results = results;
    this.status = status;
    this.leads = stage > 0 && links.tpRank() == 0;
    this.follows = stage > 0 && links.tpRank() > 0;
    this.closed = closed;
  }

  /**
   * Runs steps until closed.
   *
   * @throws LinkException if no step can be run any more
   */
  void run() {
    while (!closed.getAsBoolean()) {
      int work = orderReader.poll() + links.poll();
      int index = next();
      if (index >= 0) {
        runOuter(index);
        work++;
      }
      idle.idle(work);
    }
  }

  /** Index of the pending plan to run now, -1 for none. */
  private int next() {
    if (follows) {
      long step = links.announcedNext();
      return step == 0 ? -1 : awaitPlan(step);
    }
    if (!leads) {
      return orders.pending() > 0 ? 0 : -1;
    }
    int index = firstHandedOver();
    if (index >= 0) {
      links.announceNext(orders.peek(index).step);
    }
    return index;
  }

  private int firstHandedOver() {
    int first = -1;
    for (int i = 0; i < orders.pending(); i++) {
      StepPlan plan = orders.peek(i);
      if ((first < 0 || plan.urgent) && links.handedOver(plan.step)) {
        if (plan.urgent) {
          return i;
        }
        first = i;
      }
    }
    return first;
  }

  private int awaitPlan(long step) {
    int index = orders.indexOf(step);
    while (index < 0) {
      awaitOrders();
      index = orders.indexOf(step);
    }
    return index;
  }

  private void runOuter(int index) {
    StepPlan plan = orders.take(index);
    run(plan, outer);
    status.running(0);
    orders.recycle();
  }

  private void run(StepPlan plan, Running running) {
    StepResult result = running.result;
    running.plan = plan;
    status.running(plan.step);
    try {
      shard.step(plan, links, running, result);
    } catch (LinkException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      fail(plan, result, e);
    }
    send(result);
  }

  /** Tells the coordinator why, and gives up: the peers are in the middle of the step. */
  private void fail(StepPlan plan, StepResult result, Throwable cause) {
    result.clear();
    result.epoch = plan.epoch;
    result.step = plan.step;
    result.status = StepResult.Status.FAILED;
    result.failure = cause.toString();
    send(result);
    throw new LinkException("step " + plan.step + " failed: " + cause);
  }

  private void send(StepResult result) {
    results.begin(result);
    if (!results.flush()) {
      status.waiting(true);
      while (!results.flush()) {
        rest(links.poll());
      }
      status.waiting(false);
    }
  }

  private void awaitOrders() {
    status.waiting(true);
    rest(orderReader.poll() + links.poll());
    status.waiting(false);
  }

  private void rest(int work) {
    if (closed.getAsBoolean()) {
      throw new LinkException("this rank is shutting down");
    }
    exchangeIdle.idle(work);
  }

  /** A step that runs: its result, and its gate. */
  private final class Running implements LayerGate {
    final StepResult result = new StepResult();
    StepPlan plan = new StepPlan();

    @Override
    public long proposal() {
      orderReader.poll();
      return orders.seen();
    }

    @Override
    public boolean proceed(long agreed) {
      while (!orders.hasSeen(agreed)) {
        awaitOrders();
      }
      if (!plan.urgent) {
        runUrgent(Control.urgentPlans(agreed));
        status.running(plan.step);
      }
      return !orders.aborted(plan.step, Control.aborts(agreed));
    }

    private void runUrgent(int upTo) {
      int index = orders.urgentWithin(upTo);
      while (index >= 0) {
        run(orders.take(index), nested);
        orders.recycle();
        index = orders.urgentWithin(upTo);
      }
    }
  }
}
