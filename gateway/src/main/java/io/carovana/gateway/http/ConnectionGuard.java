package io.carovana.gateway.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds the number of connections and closes those that keep one without asking anything: a head
 * must come within its time, the next one within the idle time.
 */
final class ConnectionGuard {
  private final Vertx vertx;
  private final HttpLimits limits;
  private final AtomicInteger open = new AtomicInteger();
  private final ConcurrentHashMap<HttpConnection, Watch> watches = new ConcurrentHashMap<>();

  ConnectionGuard(Vertx vertx, HttpLimits limits) {
    this.vertx = vertx;
    this.limits = limits;
  }

  /** A client connected; runs on the connection's event loop. */
  void connected(HttpConnection connection) {
    if (open.incrementAndGet() > limits.connections()) {
      open.decrementAndGet();
      connection.close();
      return;
    }
    Watch watch = new Watch(connection);
    watches.put(connection, watch);
    watch.closeAfter(limits.headMs());
    connection.closeHandler(
        closed -> {
          open.decrementAndGet();
          watches.remove(connection);
          watch.stop();
        });
  }

  /** A request's head has arrived; returns what to run when it has been answered. */
  Runnable begun(HttpConnection connection) {
    Watch watch = watches.get(connection);
    if (watch == null) {
      return () -> {};
    }
    watch.stop();
    watch.running++;
    return () -> {
      watch.running--;
      if (watch.running == 0 && watches.containsKey(connection)) {
        watch.stop();
        watch.closeAfter(limits.idleMs());
      }
    };
  }

  int open() {
    return open.get();
  }

  /** One connection; confined to its event loop. */
  private final class Watch {
    private static final long NONE = -1;

    private final HttpConnection connection;
    private long timer = NONE;
    private int running;

    Watch(HttpConnection connection) {
      this.connection = connection;
    }

    void closeAfter(long ms) {
      timer = vertx.setTimer(ms, id -> connection.close());
    }

    void stop() {
      if (timer != NONE) {
        vertx.cancelTimer(timer);
        timer = NONE;
      }
    }
  }
}
