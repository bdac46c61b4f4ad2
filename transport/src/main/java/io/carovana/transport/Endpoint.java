package io.carovana.transport;

import java.util.regex.Pattern;

/**
 * Where a process takes frames. Every process has a {@code streamBase} of its own among the
 * processes of one media driver; stream ids also hold the epoch, so that what a dead process left
 * behind in a driver cannot slow down the epoch that follows.
 *
 * @param channel {@code aeron:ipc} or {@code aeron:udp?endpoint=host:port}
 * @param streamBase in {@code [0, }{@link #MAX_STREAM_BASE}{@code ]}
 */
public record Endpoint(String channel, int streamBase) {
  /** Largest stream base. */
  public static final int MAX_STREAM_BASE = (1 << 13) - 1;

  private static final String IPC = "aeron:ipc";
  private static final int EPOCH_BITS = 16;
  private static final Pattern UDP =
      Pattern.compile(
          "aeron:udp\\?endpoint=([A-Za-z0-9._-]{1,255}|\\[[0-9A-Fa-f:.]{2,45}\\]):\\d{1,5}");

  /** Refuses any other channel: it may come from the network. */
  public Endpoint {
    if (!channel.equals(IPC) && !UDP.matcher(channel).matches()) {
      throw new IllegalArgumentException("not a data-plane channel: " + channel);
    }
    if (streamBase < 0 || streamBase > MAX_STREAM_BASE) {
      throw new IllegalArgumentException(
          "stream base " + streamBase + " is outside [0, " + MAX_STREAM_BASE + "]");
    }
  }

  /** What travels on a stream. */
  public enum Lane {
    /** Tensors between ranks, inbound at a rank. */
    TENSORS,
    /** Plans and abort orders, inbound at a rank. */
    ORDERS,
    /** Results and progress, inbound at the coordinator. */
    REPORTS,
    /** Never sent to; a process listens on it to keep its port. */
    NOTHING
  }

  /** Through shared memory. */
  public static Endpoint ipc(int streamBase) {
    return new Endpoint(IPC, streamBase);
  }

  /** Through UDP unicast. */
  public static Endpoint udp(String host, int port, int streamBase) {
    String address = host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host;
    return new Endpoint("aeron:udp?endpoint=" + address + ":" + port, streamBase);
  }

  /** Whether frames travel through shared memory. */
  public boolean isIpc() {
    return channel.equals(IPC);
  }

  /** Stream id of a lane in an epoch. */
  public int stream(Lane lane, long epoch) {
    int wrapped = (int) (epoch & ((1 << EPOCH_BITS) - 1));
    return (streamBase << (EPOCH_BITS + 2)) | (wrapped << 2) | lane.ordinal();
  }
}
