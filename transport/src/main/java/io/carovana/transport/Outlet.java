package io.carovana.transport;

import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.carovana.transport.Endpoint.Lane;
import java.util.concurrent.TimeUnit;

/**
 * One writer's way to one process: holds at most one frame that has not been accepted yet. Never
 * blocks.
 */
final class Outlet implements AutoCloseable {
  /** How long the other end may take to start listening, from the first frame for it. */
  static final long CONNECT_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(15);

  private final ExclusivePublication publication;
  private final long epoch;
  private final int source;
  private final int destination;
  private final Frame frame = new Frame();
  private boolean connected;
  private boolean connecting;
  private long connectUntilNs;
  private boolean staged;
  private int sequence;

  Outlet(
      AeronNode node,
      Endpoint to,
      Lane lane,
      int termBytes,
      long epoch,
      int source,
      int destination) {
    this.publication = node.publish(to, lane, epoch, termBytes);
    this.epoch = epoch;
    this.source = source;
    this.destination = destination;
  }

  /** Whether a frame waits to be accepted. */
  boolean staged() {
    return staged;
  }

  /** Whether the other end listens. */
  boolean connected() {
    return publication.isConnected();
  }

  /** A new frame to be filled in; only when none is {@link #staged}. */
  Frame begin(Frame.Kind kind) {
    return frame.begin(kind, epoch, source, destination);
  }

  /** Stages the frame with a payload of {@code length} bytes and tries to send it. */
  boolean send(int length) {
    frame.seal(sequence++, length);
    staged = true;
    return flush();
  }

  /**
   * Tries to send what is staged.
   *
   * @return whether nothing is staged any more
   * @throws LinkException if the other end is gone, or never came
   */
  boolean flush() {
    if (!staged) {
      return true;
    }
    long outcome = publication.offer(frame.buffer(), 0, frame.bytes());
    if (outcome > 0) {
      connected = true;
      staged = false;
      return true;
    }
    if (outcome == Publication.NOT_CONNECTED) {
      checkConnecting();
    } else if (outcome == Publication.CLOSED || outcome == Publication.MAX_POSITION_EXCEEDED) {
      throw new LinkException("the stream to " + name() + " is closed");
    }
    return false;
  }

  private void checkConnecting() {
    if (connected) {
      throw new LinkException(name() + " stopped listening");
    }
    long nowNs = System.nanoTime();
    if (!connecting) {
      connecting = true;
      connectUntilNs = nowNs + CONNECT_TIMEOUT_NS;
    } else if (nowNs - connectUntilNs > 0) {
      throw new LinkException(name() + " does not listen");
    }
  }

  private String name() {
    return destination == Frame.COORDINATOR ? "the coordinator" : "rank " + destination;
  }

  @Override
  public void close() {
    publication.close();
  }
}
