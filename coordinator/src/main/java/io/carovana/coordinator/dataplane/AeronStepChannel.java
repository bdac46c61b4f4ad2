package io.carovana.coordinator.dataplane;

import io.carovana.protocol.step.PlanCodec;
import io.carovana.protocol.step.ProgressCodec;
import io.carovana.protocol.step.ProgressReport;
import io.carovana.protocol.step.ResultCodec;
import io.carovana.protocol.step.StepFormatException;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.transport.AeronNode;
import io.carovana.transport.FrameCounters;
import io.carovana.transport.LinkException;
import io.carovana.transport.MessageKind;
import io.carovana.transport.MessageReader;
import io.carovana.transport.MessageWriter;
import io.carovana.transport.Rejection;
import io.carovana.transport.Topology;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A {@link StepChannel} over Aeron: one ordered stream to each rank, one inbound for all. */
public final class AeronStepChannel implements StepChannel {
  private final Topology topology;
  private final OrderLog orders;
  private final @Nullable MessageWriter[] writers;
  private final boolean[] sending;
  private final boolean[] lost;
  private final FrameCounters counters = new FrameCounters();
  private final MessageReader reader;
  private final StepResult result = new StepResult();
  private final ProgressReport progress = new ProgressReport();
  private @Nullable StepEvents events;
  private boolean inboundLost;
  private int resultsReceived;

  private AeronStepChannel(AeronNode node, Topology topology) {
    int ranks = topology.ranks().size();
    this.topology = topology;
    orders = new OrderLog(ranks);
    writers = new @Nullable MessageWriter[ranks];
    sending = new boolean[ranks];
    lost = new boolean[ranks];
    reader = MessageReader.ofReports(node, topology, counters, this::onMessage);
    try {
      for (int rank = 0; rank < ranks; rank++) {
        writers[rank] = MessageWriter.toRank(node, topology, rank);
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Opens the streams of an epoch; takes a few milliseconds per rank.
   *
   * @throws LinkException if a rank cannot be reached from this process at all
   */
  public static AeronStepChannel open(AeronNode node, Topology topology) {
    return new AeronStepChannel(node, topology);
  }

  @Override
  public long epoch() {
    return topology.epoch();
  }

  @Override
  public boolean connected() {
    for (MessageWriter writer : writers) {
      if (writer == null || !writer.connected()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean offer(StepPlan plan) {
    if (plan.epoch != epoch()) {
      throw new IllegalArgumentException("a plan of epoch " + plan.epoch + ", not " + epoch());
    }
    int bytes = PlanCodec.encodedBytes(plan);
    if (bytes > MessageReader.MAX_MESSAGE_BYTES) {
      throw new IllegalArgumentException("a plan of " + bytes + " bytes");
    }
    if (orders.full()) {
      return false;
    }
    orders.add(plan, bytes);
    return true;
  }

  @Override
  public boolean abort(long step) {
    if (orders.full()) {
      return false;
    }
    orders.addAbort(step);
    return true;
  }

  @Override
  public int poll(StepEvents events) {
    int work = 0;
    for (int rank = 0; rank < lost.length; rank++) {
      if (!lost[rank]) {
        work += send(rank, events);
      }
    }
    return work + receive(events);
  }

  private int send(int rank, StepEvents events) {
    MessageWriter writer = writers[rank];
    if (writer == null) {
      return 0;
    }
    int work = 0;
    try {
      while (sending[rank] || orders.hasNext(rank)) {
        if (!sending[rank]) {
          OrderLog.Order order = orders.next(rank);
          writer.begin(order.kind(), order.bytes());
          sending[rank] = true;
        }
        if (!writer.flush()) {
          break;
        }
        sending[rank] = false;
        orders.taken(rank);
        work++;
      }
    } catch (LinkException e) {
      lose(rank, e, events);
      work++;
    }
    return work;
  }

  private int receive(StepEvents events) {
    if (inboundLost) {
      return 0;
    }
    this.events = events;
    resultsReceived = 0;
    try {
      reader.poll();
      return resultsReceived;
    } catch (LinkException e) {
      inboundLost = true;
      lose(Math.max(0, reader.failedRank()), e, events);
      return 1;
    } finally {
      this.events = null;
    }
  }

  private void lose(int rank, LinkException cause, StepEvents events) {
    if (!lost[rank]) {
      lost[rank] = true;
      orders.leave(rank);
      events.onLinkLost(rank, String.valueOf(cause.getMessage()));
    }
  }

  private boolean onMessage(int rank, MessageKind kind, ByteBuffer message) {
    StepEvents receiver = events;
    if (receiver == null) {
      return false;
    }
    try {
      if (kind == MessageKind.RESULT) {
        ResultCodec.decode(message, result);
        requireEpoch(rank, result.epoch);
        resultsReceived++;
        receiver.onResult(rank, result);
      } else {
        ProgressCodec.decode(message, progress);
        requireEpoch(rank, progress.epoch);
        receiver.onProgress(rank, progress);
      }
    } catch (StepFormatException e) {
      throw new LinkException("a report of rank " + rank + " is malformed: " + e.getMessage());
    }
    return true;
  }

  private void requireEpoch(int rank, long epoch) {
    if (epoch != epoch()) {
      throw new LinkException("a report of rank " + rank + " is of epoch " + epoch);
    }
  }

  @Override
  public long droppedOtherEpoch() {
    return counters.dropped(Rejection.EPOCH);
  }

  @Override
  public void close() {
    reader.close();
    for (MessageWriter writer : writers) {
      if (writer != null) {
        writer.close();
      }
    }
  }
}
