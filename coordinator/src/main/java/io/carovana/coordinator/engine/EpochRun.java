package io.carovana.coordinator.engine;

import io.carovana.coordinator.dataplane.LivenessMonitor;
import io.carovana.coordinator.dataplane.LivenessMonitor.Suspicion;
import io.carovana.coordinator.dataplane.PaceMonitor;
import io.carovana.coordinator.dataplane.StepChannel;
import io.carovana.coordinator.dataplane.StepEvents;
import io.carovana.coordinator.schedule.Scheduler;
import io.carovana.protocol.step.ProgressReport;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.transport.Topology;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One epoch on the agent's thread: moves plans out and results in, and judges the ranks. */
final class EpochRun implements StepEvents, AutoCloseable {
  private final EpochSetup setup;
  private final StepChannel channel;
  private final Scheduler scheduler;
  private final LivenessMonitor liveness;
  private final PaceMonitor pace;
  private final RankMeter[] meters;
  private final StepPlan plan = new StepPlan();
  private boolean planWaits;
  private long abortWaits;
  private long nowNs;
  private @Nullable Suspicion failed;

  EpochRun(EpochSetup setup, Scheduler scheduler, long nowNs) {
    this.setup = setup;
    this.scheduler = scheduler;
    this.nowNs = nowNs;
    int ranks = setup.limits().ranks();
    this.liveness = new LivenessMonitor(ranks, setup.fenceAfterNs(), nowNs);
    this.pace =
        new PaceMonitor(setup.topology().ranks().stream().mapToInt(Topology.Rank::stage).toArray());
    this.meters = new RankMeter[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      meters[rank] = new RankMeter();
    }
    this.channel = setup.channels().open(setup.topology());
    scheduler.begin(setup.epoch(), setup.limits());
  }

  long epoch() {
    return setup.epoch();
  }

  /** One round; the amount of work done. */
  int work(long now) {
    nowNs = now;
    scheduler.clock(now);
    int work = channel.poll(this);
    if (channel.connected()) {
      work += sendOrders();
    }
    return work;
  }

  /** Judges the ranks; the one to fence, or null. */
  @Nullable Suspicion check(long now) {
    if (failed != null) {
      return failed;
    }
    liveness.outstanding(scheduler.outstanding() > 0, now);
    return liveness.check(now);
  }

  List<RankFigures> figures() {
    List<RankFigures> figures = new ArrayList<>(meters.length);
    for (int rank = 0; rank < meters.length; rank++) {
      figures.add(meters[rank].figures(pace.degraded(rank)));
    }
    return figures;
  }

  /** Frames of other epochs that arrived at the coordinator or at a rank. */
  long droppedEpoch() {
    long dropped = channel.droppedOtherEpoch();
    for (RankMeter meter : meters) {
      dropped += meter.droppedEpoch();
    }
    return dropped;
  }

  private int sendOrders() {
    int sent = 0;
    while (planWaits || scheduler.next(plan)) {
      planWaits = !channel.offer(plan);
      if (planWaits) {
        return sent;
      }
      sent++;
    }
    while (abortWaits != 0 || (abortWaits = scheduler.nextAbort()) != 0) {
      if (!channel.abort(abortWaits)) {
        return sent;
      }
      abortWaits = 0;
      sent++;
    }
    return sent;
  }

  @Override
  public void onResult(int rank, StepResult result) {
    liveness.completed(rank, nowNs);
    pace.completed(rank, result.computeNs);
    meters[rank].completed(result);
    if (result.status == StepResult.Status.FAILED) {
      failed = new Suspicion(rank, "step failed: " + result.failure);
      return;
    }
    scheduler.onResult(rank, result);
  }

  @Override
  public void onProgress(int rank, ProgressReport report) {
    liveness.report(rank, report.counter, report.state, nowNs);
    meters[rank].reported(report);
  }

  @Override
  public void onLinkLost(int rank, String reason) {
    if (failed == null) {
      failed = new Suspicion(rank, reason);
    }
  }

  @Override
  public void close() {
    channel.close();
  }
}
