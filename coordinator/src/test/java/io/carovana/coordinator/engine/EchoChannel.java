package io.carovana.coordinator.engine;

import io.carovana.coordinator.dataplane.StepChannel;
import io.carovana.coordinator.dataplane.StepEvents;
import io.carovana.protocol.step.ProgressReport;
import io.carovana.protocol.step.SequenceResult;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.transport.Topology;
import java.util.ArrayList;
import java.util.List;

/** Ranks that sample the same token at every step, and say so at once. */
public final class EchoChannel implements StepChannel {
  /** The token. */
  public static final int TOKEN = 77;

  private final Topology topology;
  private final List<StepResult> results = new ArrayList<>();

  /** First byte of the digest of every row; another value is another model. */
  public volatile byte logits = 1;

  /** Rank that has fallen silent, -1 for none. */
  public volatile int silentRank = -1;

  /** Whether the channel was closed. */
  public volatile boolean closed;

  /** Plays the ranks of {@code topology}. */
  public EchoChannel(Topology topology) {
    this.topology = topology;
  }

  @Override
  public long epoch() {
    return topology.epoch();
  }

  @Override
  public boolean connected() {
    return true;
  }

  @Override
  public boolean offer(StepPlan plan) {
    StepResult result = new StepResult();
    result.epoch = plan.epoch;
    result.step = plan.step;
    for (int i = 0; i < plan.size(); i++) {
      if (plan.get(i).sampledRows > 0) {
        SequenceResult one = result.add();
        one.sequence = plan.get(i).sequence;
        one.token = TOKEN;
        one.hasDigest = true;
        one.digest[0] = logits;
      }
    }
    results.add(result);
    return true;
  }

  @Override
  public boolean abort(long step) {
    return true;
  }

  @Override
  public int poll(StepEvents events) {
    List<StepResult> ready = List.copyOf(results);
    results.clear();
    ProgressReport report = new ProgressReport();
    for (int rank = 0; rank < topology.ranks().size(); rank++) {
      if (rank != silentRank) {
        report.epoch = epoch();
        report.rank = rank;
        events.onProgress(rank, report);
        for (StepResult result : ready) {
          events.onResult(rank, result);
        }
      }
    }
    return ready.size();
  }

  @Override
  public long droppedOtherEpoch() {
    return 0;
  }

  @Override
  public void close() {
    closed = true;
  }
}
