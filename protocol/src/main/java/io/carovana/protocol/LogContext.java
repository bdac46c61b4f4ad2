package io.carovana.protocol;

import java.util.function.LongConsumer;

/**
 * What every log line of this process says beside its message: the epoch the process is in, and,
 * under the MDC key {@link #REQUEST}, the request a line is about. Like logging itself it belongs
 * to the process; nothing is decided by it.
 */
public final class LogContext {
  /** MDC key of a request's id. */
  public static final String REQUEST = "request";

  private static volatile LongConsumer listener = epoch -> {};
  private static volatile long epoch;

  private LogContext() {}

  /** Whoever writes the log is told each new epoch. */
  public static void listen(LongConsumer listener) {
    LogContext.listener = listener;
  }

  /** The process is in {@code epoch} now. */
  public static void epoch(long epoch) {
    if (epoch != LogContext.epoch) {
      LogContext.epoch = epoch;
      listener.accept(epoch);
    }
  }
}
