package io.carovana.coordinator.dataplane;

import io.carovana.protocol.step.PlanCodec;
import io.carovana.protocol.step.StepPlan;
import io.carovana.transport.MessageKind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Orders on their way to the ranks, encoded once, each kept until every rank's stream has taken it.
 * A ring; orders are numbered from 0.
 */
final class OrderLog {
  /** Orders under way. */
  static final int CAPACITY = 64;

  private static final int FIRST_BYTES = 4 * 1024;

  private final Order[] ring = new Order[CAPACITY];
  private final long[] taken;
  private long accepted;

  /** One order. */
  static final class Order {
    private MessageKind kind = MessageKind.PLAN;
    private ByteBuffer bytes = ByteBuffer.allocate(FIRST_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    MessageKind kind() {
      return kind;
    }

    ByteBuffer bytes() {
      return bytes;
    }
  }

  OrderLog(int ranks) {
    Arrays.setAll(ring, i -> new Order());
    taken = new long[ranks];
  }

  boolean full() {
    return accepted - Arrays.stream(taken).min().orElse(accepted) >= CAPACITY;
  }

  void add(StepPlan plan, int encodedBytes) {
    Order order = next(MessageKind.PLAN, encodedBytes);
    PlanCodec.encode(plan, order.bytes);
    order.bytes.flip();
  }

  void addAbort(long step) {
    Order order = next(MessageKind.ABORT, Long.BYTES);
    order.bytes.putLong(step).flip();
  }

  private Order next(MessageKind kind, int bytes) {
    if (full()) {
      throw new IllegalStateException("the log of orders is full");
    }
    Order order = ring[(int) (accepted++ % CAPACITY)];
    order.kind = kind;
    if (order.bytes.capacity() < bytes) {
      order.bytes = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
    order.bytes.clear();
    return order;
  }

  /** Whether {@code rank} has orders to take. */
  boolean hasNext(int rank) {
    return taken[rank] < accepted;
  }

  /** The next order of {@code rank}. */
  Order next(int rank) {
    return ring[(int) (taken[rank] % CAPACITY)];
  }

  /** The stream to {@code rank} has taken its next order. */
  void taken(int rank) {
    taken[rank]++;
  }

  /** {@code rank} takes no more orders. */
  void leave(int rank) {
    taken[rank] = Long.MAX_VALUE;
  }
}
