package io.carovana.transport;

import io.carovana.transport.Endpoint.Lane;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Receives byte messages: a rank its orders, or the coordinator the reports of all ranks. */
public final class MessageReader implements AutoCloseable {
  /** Largest message. */
  public static final int MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

  /** Takes messages. */
  public interface Handler {
    /**
     * Takes a message, or leaves it, and all that follow it from the same writer, until later.
     *
     * @param rank global rank of the sender; meaningless for orders
     * @param message little-endian, from position to limit; valid during the call
     * @return false to be offered the message again
     * @throws LinkException if the message cannot be right
     */
    boolean onMessage(int rank, MessageKind kind, ByteBuffer message);
  }

  private final Inlet inlet;
  private final Handler handler;
  private final int writersPerRank;
  private final Assembly[] assemblies;

  /** A message that is being put together. */
  private static final class Assembly {
    ByteBuffer bytes = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
    int total;
    int received;
    int nextFragment;

    /** All parts are here and the handler has not taken the message yet. */
    boolean complete;

    void append(Frame frame) {
      int fragment = frame.fragment();
      if (fragment == 0 && nextFragment == 0) {
        begin(frame.total());
      }
      int length = Math.min(Frame.MAX_PAYLOAD_BYTES, total - received);
      if (fragment != nextFragment || frame.total() != total || frame.payloadBytes() != length) {
        throw new LinkException("a message of rank " + frame.source() + " does not add up");
      }
      bytes.put(received, frame.payload(), 0, length);
      received += length;
      nextFragment++;
      complete = received == total;
    }

    private void begin(int announced) {
      if (announced < 0 || announced > MAX_MESSAGE_BYTES) {
        throw new LinkException(
            "a message of " + announced + " bytes exceeds the limit of " + MAX_MESSAGE_BYTES);
      }
      if (bytes.capacity() < announced) {
        bytes = ByteBuffer.allocate(announced).order(ByteOrder.LITTLE_ENDIAN);
      }
      bytes.clear();
      total = announced;
      received = 0;
    }

    void reset() {
      complete = false;
      nextFragment = 0;
    }
  }

  private MessageReader(
      AeronNode node,
      Lane lane,
      Topology topology,
      int self,
      int writers,
      int writersPerRank,
      FrameCounters counters,
      Handler handler) {
    this.handler = handler;
    this.writersPerRank = writersPerRank;
    assemblies = new Assembly[writers];
    Arrays.setAll(assemblies, i -> new Assembly());
    int ranks = topology.ranks().size();
    Inlet.Receiver receiver = lane == Lane.ORDERS ? new Orders() : new Reports(ranks);
    inlet = new Inlet(node, lane, topology.epoch(), self, writers, counters, receiver);
  }

  /** The coordinator's orders to {@code rank}. */
  public static MessageReader ofOrders(
      AeronNode node, Topology topology, int rank, FrameCounters counters, Handler handler) {
    return new MessageReader(node, Lane.ORDERS, topology, rank, 1, 1, counters, handler);
  }

  /** The results and progress reports of all ranks. */
  public static MessageReader ofReports(
      AeronNode node, Topology topology, FrameCounters counters, Handler handler) {
    int writers = 2 * topology.ranks().size();
    int self = Frame.COORDINATOR;
    return new MessageReader(node, Lane.REPORTS, topology, self, writers, 2, counters, handler);
  }

  /**
   * Delivers what has arrived.
   *
   * @return amount of work done
   * @throws LinkException if a sender broke the protocol; {@link #failedRank} tells which
   */
  public int poll() {
    return inlet.poll();
  }

  /** The rank because of which {@link #poll} throws, -1 while it does not. */
  public int failedRank() {
    int source = inlet.failedSource();
    return source < 0 ? -1 : source / writersPerRank;
  }

  @Override
  public void close() {
    inlet.close();
  }

  private boolean assemble(int source, Frame frame) {
    Assembly assembly = assemblies[source];
    if (!assembly.complete) {
      assembly.append(frame);
    }
    if (!assembly.complete) {
      return true;
    }
    ByteBuffer message = assembly.bytes.limit(assembly.total).position(0);
    MessageKind kind = MessageKind.of(frame.kind());
    if (!handler.onMessage(source / writersPerRank, kind, message)) {
      return false;
    }
    assembly.reset();
    return true;
  }

  private final class Orders implements Inlet.Receiver {
    @Override
    public int sourceOf(Frame frame) {
      boolean order = frame.kind() == Frame.Kind.PLAN || frame.kind() == Frame.Kind.ABORT;
      return order && frame.source() == Frame.COORDINATOR ? 0 : -1;
    }

    @Override
    public String nameOf(int source) {
      return "the coordinator";
    }

    @Override
    public boolean accept(int source, Frame frame) {
      return assemble(source, frame);
    }
  }

  private final class Reports implements Inlet.Receiver {
    private final int ranks;

    Reports(int ranks) {
      this.ranks = ranks;
    }

    @Override
    public int sourceOf(Frame frame) {
      if (frame.source() < 0 || frame.source() >= ranks) {
        return -1;
      }
      return switch (frame.kind()) {
        case RESULT -> 2 * frame.source();
        case PROGRESS -> 2 * frame.source() + 1;
        default -> -1;
      };
    }

    @Override
    public String nameOf(int source) {
      return "rank " + source / writersPerRank;
    }

    @Override
    public boolean accept(int source, Frame frame) {
      return assemble(source, frame);
    }
  }
}
