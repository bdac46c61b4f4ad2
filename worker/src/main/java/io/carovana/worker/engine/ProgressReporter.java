package io.carovana.worker.engine;

import io.carovana.protocol.step.ProgressCodec;
import io.carovana.protocol.step.ProgressReport;
import io.carovana.transport.FrameCounters;
import io.carovana.transport.LinkException;
import io.carovana.transport.MessageKind;
import io.carovana.transport.MessageWriter;
import io.carovana.transport.Rejection;
import io.carovana.worker.shard.Shard;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Says ten times a second how far this rank has come, from a thread of its own, so that it goes on
 * while the engine computes.
 */
final class ProgressReporter implements AutoCloseable {
  private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);

  private final MessageWriter writer;
  private final Shard shard;
  private final EngineStatus status;
  private final FrameCounters counters;
  private final Consumer<LinkException> onLost;
  private final ProgressReport report = new ProgressReport();
  private final ByteBuffer bytes =
      ByteBuffer.allocate(ProgressCodec.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final Thread thread;
  private boolean connected;
  private volatile boolean closed;

  /**
   * Prepares the reports of a rank.
   *
   * @param onLost hears, on this thread, that the coordinator is gone
   */
  ProgressReporter(
      EngineConfig config,
      MessageWriter writer,
      Shard shard,
      EngineStatus status,
      FrameCounters counters,
      Consumer<LinkException> onLost) {
    this.writer = writer;
    this.shard = shard;
    this.status = status;
    this.counters = counters;
    this.onLost = onLost;
    report.epoch = config.topology().epoch();
    report.rank = config.rank();
    thread =
        Thread.ofPlatform()
            .name("progress-" + report.epoch + "-" + report.rank)
            .daemon()
            .unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (!closed) {
        send();
        LockSupport.parkNanos(INTERVAL_NS);
      }
    } catch (LinkException e) {
      if (!closed) {
        onLost.accept(e);
      }
    }
  }

  /** Sends a report unless nobody listens yet, or the one before is still under way. */
  private void send() {
    connected |= writer.connected();
    if (!writer.ready()) {
      writer.flush();
    } else if (connected) {
      fill();
      ProgressCodec.encode(report, bytes.clear());
      writer.begin(MessageKind.PROGRESS, bytes.flip());
      writer.flush();
    }
  }

  private void fill() {
    report.counter = shard.progress();
    report.state = status.state();
    report.step = status.runningStep();
    report.droppedEpoch = counters.dropped(Rejection.EPOCH);
    report.droppedOther = counters.droppedOther();
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    writer.close();
  }
}
