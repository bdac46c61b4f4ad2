package io.carovana.transport;

import io.aeron.logbuffer.LogBufferDescriptor;
import io.carovana.transport.Endpoint.Lane;
import java.nio.ByteBuffer;

/**
 * One thread's stream of byte messages to one process, cut into frames. Never blocks: a message is
 * begun, and flushed until it is {@link #ready} for the next.
 */
public final class MessageWriter implements AutoCloseable {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Outlet outlet;
  private ByteBuffer message = NOTHING;
  private MessageKind kind = MessageKind.PLAN;
  private int fragment;
  private int fragments;

  private MessageWriter(Outlet outlet) {
    this.outlet = outlet;
  }

  /** Orders of the coordinator to {@code rank}. */
  public static MessageWriter toRank(AeronNode node, Topology topology, int rank) {
    Endpoint to = topology.ranks().get(rank).endpoint();
    int termBytes = DriverSettings.ORDER_TERM_BYTES;
    return new MessageWriter(
        new Outlet(node, to, Lane.ORDERS, termBytes, topology.epoch(), Frame.COORDINATOR, rank));
  }

  /** Results of {@code rank} to the coordinator. */
  public static MessageWriter ofResults(AeronNode node, Topology topology, int rank) {
    return toCoordinator(node, topology, rank, DriverSettings.ORDER_TERM_BYTES);
  }

  /** Progress reports of {@code rank} to the coordinator. */
  public static MessageWriter ofProgress(AeronNode node, Topology topology, int rank) {
    return toCoordinator(node, topology, rank, LogBufferDescriptor.TERM_MIN_LENGTH);
  }

  private static MessageWriter toCoordinator(
      AeronNode node, Topology topology, int rank, int termBytes) {
    return new MessageWriter(
        new Outlet(
            node,
            topology.coordinator(),
            Lane.REPORTS,
            termBytes,
            topology.epoch(),
            rank,
            Frame.COORDINATOR));
  }

  /** Whether the other end listens. */
  public boolean connected() {
    return outlet.connected();
  }

  /** Whether nothing is left to flush. */
  public boolean ready() {
    return fragment == fragments && !outlet.staged();
  }

  /**
   * Begins a message; only when {@link #ready}.
   *
   * @param message from its position to its limit; not to be changed until {@link #ready}
   */
  public void begin(MessageKind kind, ByteBuffer message) {
    if (!ready()) {
      throw new IllegalStateException("the message before is not flushed");
    }
    if (message.remaining() > MessageReader.MAX_MESSAGE_BYTES) {
      throw new IllegalArgumentException(
          "a message of "
              + message.remaining()
              + " bytes exceeds the limit of "
              + MessageReader.MAX_MESSAGE_BYTES);
    }
    this.kind = kind;
    this.message = message;
    fragment = 0;
    fragments = Math.max(1, Math.ceilDiv(message.remaining(), Frame.MAX_PAYLOAD_BYTES));
  }

  /**
   * Sends as much as the other end takes.
   *
   * @return whether nothing is left
   * @throws LinkException if the other end is gone, or does not come
   */
  public boolean flush() {
    while (outlet.flush()) {
      if (fragment == fragments) {
        return true;
      }
      int at = fragment * Frame.MAX_PAYLOAD_BYTES;
      int length = Math.min(Frame.MAX_PAYLOAD_BYTES, message.remaining() - at);
      Frame frame = outlet.begin(kind.frameKind()).part(fragment, message.remaining());
      frame.payload().put(0, message, message.position() + at, length);
      fragment++;
      outlet.send(length);
    }
    return false;
  }

  @Override
  public void close() {
    outlet.close();
  }
}
