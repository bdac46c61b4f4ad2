package io.carovana.worker.engine;

import io.carovana.transport.AeronLinks;
import io.carovana.transport.AeronNode;
import io.carovana.transport.FrameCounters;
import io.carovana.transport.LinkException;
import io.carovana.transport.MessageReader;
import io.carovana.transport.MessageWriter;
import io.carovana.transport.Topology;
import io.carovana.worker.shard.Shard;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A rank at work for one epoch: a thread that runs the coordinator's plans on a shard, and another
 * that reports how far it has come. From {@link #start} on it listens, so the rank may be said to
 * be ready when it returns. The shard stays the caller's.
 */
public final class StepEngine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StepEngine.class);

  /** A step gives way at its next exchange; no stretch of work between two takes longer. */
  private static final long CLOSE_TIMEOUT_MS = TimeUnit.MINUTES.toMillis(2);

  private final EngineConfig config;
  private final EngineListener listener;
  private final FrameCounters counters = new FrameCounters();
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();
  private final AtomicReference<@Nullable String> lost = new AtomicReference<>();
  private final AeronLinks links;
  private final EngineLoop loop;
  private final ProgressReporter reporter;
  private final Thread thread;
  private volatile boolean closed;

  private StepEngine(EngineConfig config, Shard shard, AeronNode node, EngineListener listener) {
    this.config = config;
    this.listener = listener;
    Topology topology = config.topology();
    int rank = config.rank();
    try {
      links = owned(AeronLinks.open(node, topology, rank, config.maxHandOverElements(), counters));
      Orders orders = new Orders(topology.epoch());
      MessageReader orderReader =
          owned(MessageReader.ofOrders(node, topology, rank, counters, orders));
      Results results = owned(new Results(MessageWriter.ofResults(node, topology, rank)));
      EngineStatus status = new EngineStatus(links);
      int stage = topology.ranks().get(rank).stage();
      loop =
          new EngineLoop(links, shard, orders, orderReader, results, status, stage, this::stopping);
      MessageWriter progress = MessageWriter.ofProgress(node, topology, rank);
      reporter =
          owned(new ProgressReporter(config, progress, shard, status, counters, this::onLost));
    } catch (RuntimeException e) {
      release();
      throw e;
    }
    thread =
        Thread.ofPlatform()
            .name("engine-" + topology.epoch() + "-" + rank)
            .daemon()
            .unstarted(this::run);
  }

  private <T extends AutoCloseable> T owned(T resource) {
    resources.push(resource);
    return resource;
  }

  /**
   * Starts a rank.
   *
   * @param shard called by the engine's thread only; to be closed after the engine
   * @param listener hears if the engine ends by itself
   * @throws LinkException if a peer cannot be reached from here at all
   */
  public static StepEngine start(
      EngineConfig config, Shard shard, AeronNode node, EngineListener listener) {
    StepEngine engine = new StepEngine(config, shard, node, listener);
    engine.reporter.start();
    engine.thread.start();
    return engine;
  }

  /** Epoch of the placement. */
  public long epoch() {
    return config.topology().epoch();
  }

  /** Frames dropped in this epoch. */
  public FrameCounters counters() {
    return counters;
  }

  private boolean stopping() {
    return closed || lost.get() != null;
  }

  /** The reporter found the coordinator gone: what the engine's thread waits for will not come. */
  private void onLost(LinkException cause) {
    lost.compareAndSet(null, String.valueOf(cause.getMessage()));
    links.shutdown();
  }

  private void run() {
    try {
      loop.run();
    } catch (LinkException e) {
      lost.compareAndSet(null, String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      LOG.error("engine of epoch {}", epoch(), e);
      lost.compareAndSet(null, e.toString());
    } finally {
      release();
    }
    String reason = lost.get();
    if (!closed && reason != null) {
      LOG.info("engine of epoch {} ended: {}", epoch(), reason);
      listener.engineEnded(epoch(), reason);
    }
  }

  private void release() {
    while (!resources.isEmpty()) {
      try {
        resources.pop().close();
      } catch (Exception e) {
        LOG.warn("closing the engine of epoch {}", epoch(), e);
      }
    }
  }

  /**
   * Ends the engine: a running step stops at its next exchange with a peer. Returns when the shard
   * is no longer used; may be called from the listener.
   *
   * @throws IllegalStateException if the shard does not come back
   */
  @Override
  public void close() {
    closed = true;
    links.shutdown();
    if (Thread.currentThread() == thread) {
      return;
    }
    try {
      thread.join(CLOSE_TIMEOUT_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    if (thread.isAlive()) {
      throw new IllegalStateException("the shard still computes after " + CLOSE_TIMEOUT_MS + " ms");
    }
  }
}
