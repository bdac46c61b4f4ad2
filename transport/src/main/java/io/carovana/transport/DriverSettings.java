package io.carovana.transport;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.logbuffer.LogBufferDescriptor;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.broadcast.BroadcastBufferDescriptor;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * How a media driver is run so that it fits a laptop: one thread that parks, small sparse buffers.
 * Sizes here are what {@link #requiredSharedMemoryBytes} adds up.
 */
public final class DriverSettings {
  /** Term of a stream of tensors: sixteen frames, of which eight may be under way. */
  static final int TENSOR_TERM_BYTES = 512 * 1024;

  /** Term of a stream of plans or results: eight of the largest frames. */
  static final int ORDER_TERM_BYTES = 256 * 1024;

  /** Largest datagram unit over loopback, which every system's loopback device carries. */
  static final int LOOPBACK_MTU = 8192;

  /** Largest datagram unit over a network that may be an ordinary Ethernet. */
  static final int NETWORK_MTU = 1408;

  /** Unit of shared memory: a whole frame in one fragment. */
  static final int IPC_MTU = 32 * 1024;

  /**
   * How long a client may be silent before the driver takes its buffers away. Longer than the
   * pauses a busy laptop makes; who is paused longer than the fence has lost its rank anyway.
   */
  static final long CLIENT_LIVENESS_NS = TimeUnit.SECONDS.toNanos(10);

  /**
   * What one sender may have under way over UDP. All senders to a process together must fit in its
   * socket's buffer: a lost packet at the end of a burst is only noticed by a heartbeat, a tenth of
   * a second later.
   */
  private static final int WINDOW_BYTES = 64 * 1024;

  /** Socket buffer asked for; many systems grant 208 KiB, enough for three senders. */
  private static final int SOCKET_BUFFER_BYTES = 2 * 1024 * 1024;

  private static final long LINGER_NS = TimeUnit.SECONDS.toNanos(1);
  private static final int CONDUCTOR_BUFFER_BYTES = 1024 * 1024;
  private static final int COUNTERS_BYTES = 1024 * 1024;
  private static final int COUNTERS_METADATA_FACTOR = 4;
  private static final int ERROR_LOG_BYTES = 4 * 1024 * 1024;
  private static final int LOSS_REPORT_BYTES = 1024 * 1024;
  private static final int FILE_PAGE_BYTES = 4096;

  /** While one epoch's buffers drain the next epoch's are already there. */
  private static final int EPOCHS_AT_ONCE = 2;

  /** Peers a process with its own driver is sized for; files grow with use, not with this. */
  private static final int EMBEDDED_PEERS = 4;

  private DriverSettings() {}

  /**
   * A driver's context.
   *
   * @param directory where its files go; deleted before and after
   */
  static MediaDriver.Context context(Path directory) {
    return new MediaDriver.Context()
        .aeronDirectoryName(directory.toString())
        .dirDeleteOnStart(true)
        .dirDeleteOnShutdown(true)
        .threadingMode(ThreadingMode.SHARED)
        .sharedIdleStrategy(GradualIdle.forDriver())
        .asyncExecutorEnabled(false)
        .termBufferSparseFile(true)
        .performStorageChecks(true)
        .lowStorageWarningThreshold(0)
        .conductorBufferLength(CONDUCTOR_BUFFER_BYTES + RingBufferDescriptor.TRAILER_LENGTH)
        .toClientsBufferLength(CONDUCTOR_BUFFER_BYTES + BroadcastBufferDescriptor.TRAILER_LENGTH)
        .counterValuesBufferLength(COUNTERS_BYTES)
        .errorBufferLength(ERROR_LOG_BYTES)
        .lossReportBufferLength(LOSS_REPORT_BYTES)
        .filePageSize(FILE_PAGE_BYTES)
        .ipcTermBufferLength(TENSOR_TERM_BYTES)
        .publicationTermBufferLength(TENSOR_TERM_BYTES)
        .ipcMtuLength(IPC_MTU)
        .initialWindowLength(WINDOW_BYTES)
        .socketRcvbufLength(socketBufferBytes())
        .clientLivenessTimeoutNs(CLIENT_LIVENESS_NS)
        .publicationLingerTimeoutNs(LINGER_NS);
  }

  /** The largest socket buffer this system grants, up to {@link #SOCKET_BUFFER_BYTES}. */
  private static int socketBufferBytes() {
    try (DatagramChannel probe = DatagramChannel.open()) {
      probe.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER_BYTES);
      int granted = probe.getOption(StandardSocketOptions.SO_RCVBUF);
      return Math.clamp(granted, WINDOW_BYTES, SOCKET_BUFFER_BYTES);
    } catch (IOException e) {
      return 2 * WINDOW_BYTES;
    }
  }

  /**
   * What a driver shared by all processes of one machine takes in memory at most.
   *
   * @param stageSizes tensor-parallel ranks of every stage
   */
  public static long requiredSharedMemoryBytes(List<Integer> stageSizes) {
    long tensorStreams = 0;
    long ranks = 0;
    for (int i = 0; i < stageSizes.size(); i++) {
      int size = stageSizes.get(i);
      ranks += size;
      tensorStreams += (long) size * (size - 1);
      tensorStreams += i + 1 < stageSizes.size() ? stageSizes.get(i + 1) : 0;
    }
    long perEpoch =
        tensorStreams * logBytes(TENSOR_TERM_BYTES)
            + ranks * 2 * logBytes(ORDER_TERM_BYTES)
            + ranks * logBytes(LogBufferDescriptor.TERM_MIN_LENGTH);
    return driverBytes() + EPOCHS_AT_ONCE * perEpoch;
  }

  /**
   * What the driver of one process takes at most: streams to and from each of {@link
   * #EMBEDDED_PEERS} others.
   */
  static long requiredEmbeddedBytes() {
    return driverBytes() + 2L * EPOCHS_AT_ONCE * EMBEDDED_PEERS * logBytes(TENSOR_TERM_BYTES);
  }

  /** What a driver takes before it has any stream. */
  static long driverBytes() {
    return 2L * CONDUCTOR_BUFFER_BYTES
        + (1L + COUNTERS_METADATA_FACTOR) * COUNTERS_BYTES
        + ERROR_LOG_BYTES
        + LOSS_REPORT_BYTES
        + 4L * FILE_PAGE_BYTES;
  }

  private static long logBytes(int termBytes) {
    return LogBufferDescriptor.computeLogLength(termBytes, FILE_PAGE_BYTES);
  }
}
