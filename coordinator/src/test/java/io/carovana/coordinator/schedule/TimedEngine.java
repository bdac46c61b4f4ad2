package io.carovana.coordinator.schedule;

import io.carovana.protocol.step.SequenceResult;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One rank in simulated time: a step costs a constant, something for every row and something for
 * every position before a row, in equal parts over its layers; urgent plans that have arrived run
 * between two layers. Plans and results take a while on their way. Every token sampled is 1.
 */
final class TimedEngine {
  /**
   * What things take, microseconds.
   *
   * @param step whatever is in it
   * @param row each row more
   * @param position each position before a row more
   * @param way of a plan or a result
   */
  record Costs(double step, double row, double position, double way) {}

  private record Event(double atUs, Runnable action) {}

  private record Arrived(double atUs, StepResult answer, double costUs) {}

  private final Scheduler scheduler;
  private final Costs costs;
  private final int layers;
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingDouble(Event::atUs));
  private final Deque<Arrived> ordinary = new ArrayDeque<>();
  private final Deque<Arrived> urgent = new ArrayDeque<>();
  private final StepPlan plan = new StepPlan();
  private @Nullable Arrived current;
  private int layersDone;
  private double rankUs;
  private double coordinatorUs;

  TimedEngine(Scheduler scheduler, Costs costs, int layers) {
    this.scheduler = scheduler;
    this.costs = costs;
    this.layers = layers;
  }

  /** The time at the coordinator, microseconds. */
  double nowUs() {
    return coordinatorUs;
  }

  void at(double us, Runnable action) {
    events.add(new Event(us, action));
  }

  /** Runs until nothing happens any more, or until {@code done}. */
  void run(BooleanSupplier done) {
    while (!done.getAsBoolean()) {
      Event event = events.peek();
      boolean rankIdle = current == null && ordinary.isEmpty() && urgent.isEmpty();
      if (event != null && (rankIdle || event.atUs() <= rankUs)) {
        events.poll();
        coordinatorUs = Math.max(coordinatorUs, event.atUs());
        scheduler.clock((long) (coordinatorUs * 1e3));
        event.action().run();
        handOut();
      } else if (rankIdle) {
        return;
      } else {
        work();
      }
    }
  }

  private void handOut() {
    while (scheduler.next(plan)) {
      Deque<Arrived> queue = plan.urgent ? urgent : ordinary;
      queue.add(new Arrived(coordinatorUs + costs.way(), answer(), cost()));
    }
  }

  /** Runs an urgent step, or a layer of an ordinary one; or waits for one to arrive. */
  private void work() {
    Arrived first = urgent.peek();
    if (first != null && (first.atUs() <= rankUs || current == null && ordinary.isEmpty())) {
      urgent.poll();
      rankUs = Math.max(rankUs, first.atUs()) + first.costUs();
      finish(first);
      return;
    }
    if (current == null) {
      current = ordinary.remove();
      layersDone = 0;
      rankUs = Math.max(rankUs, current.atUs());
    }
    rankUs += current.costUs() / layers;
    if (++layersDone == layers) {
      finish(current);
      current = null;
    }
  }

  private void finish(Arrived step) {
    at(rankUs + costs.way(), () -> scheduler.onResult(0, step.answer()));
  }

  private double cost() {
    double us = costs.step();
    for (int i = 0; i < plan.size(); i++) {
      SequenceStep entry = plan.get(i);
      us += entry.rows * (costs.row() + costs.position() * (entry.start + entry.rows / 2.0));
    }
    return us;
  }

  private StepResult answer() {
    StepResult result = new StepResult();
    result.epoch = plan.epoch;
    result.step = plan.step;
    result.computeNs = (long) (cost() * 1e3);
    for (int i = 0; i < plan.size(); i++) {
      if (plan.get(i).sampledRows > 0) {
        SequenceResult one = result.add();
        one.sequence = plan.get(i).sequence;
        one.token = 1;
      }
    }
    return result;
  }
}
