package io.carovana.gateway.http;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;

/**
 * Server-sent events to one client. What a slow reader has not taken is kept up to a limit; a
 * reader that exceeds it, or takes nothing for too long, is cut off. Silence is filled with
 * comments.
 */
final class EventStream {
  private static final long NONE = -1;

  private final Exchange exchange;
  private final Vertx vertx;
  private final HttpLimits limits;
  private final HttpServerResponse response;
  private Buffer unsent = Buffer.buffer();
  private boolean ending;
  private boolean cut;
  private boolean wroteSinceTick;
  private long keepAliveTimer = NONE;
  private long stallTimer = NONE;

  EventStream(Exchange exchange) {
    this.exchange = exchange;
    this.vertx = exchange.vertx();
    this.limits = exchange.limits();
    this.response = exchange.response();
  }

  void open() {
    response
        .setStatusCode(200)
        .setChunked(true)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
        .putHeader("X-Accel-Buffering", "no");
    response.drainHandler(drained -> flush());
    keepAliveTimer = vertx.setPeriodic(limits.keepAliveMs(), id -> keepAlive());
    response.writeHead();
  }

  void data(String data) {
    write("data: " + data + "\n\n");
  }

  void comment(String comment) {
    write(": " + comment + "\n\n");
  }

  /** Ends the response once everything was taken. */
  void end() {
    ending = true;
    flush();
  }

  private void write(String event) {
    if (gone()) {
      return;
    }
    wroteSinceTick = true;
    if (unsent.length() == 0 && !response.writeQueueFull()) {
      response.write(event);
      return;
    }
    unsent.appendString(event);
    startStallTimer();
    if (unsent.length() > limits.unsentBytes()) {
      cutOff();
    }
  }

  private void flush() {
    stopStallTimer();
    if (gone()) {
      return;
    }
    if (unsent.length() > 0) {
      if (response.writeQueueFull()) {
        startStallTimer();
        return;
      }
      response.write(unsent);
      unsent = Buffer.buffer();
    }
    if (ending) {
      if (response.writeQueueFull()) {
        startStallTimer();
      } else {
        stopTimers();
        response.end();
      }
    }
  }

  private void keepAlive() {
    if (gone()) {
      stopTimers();
    } else if (wroteSinceTick) {
      wroteSinceTick = false;
    } else if (unsent.length() == 0 && !response.writeQueueFull()) {
      response.write(": keep-alive\n\n");
    }
  }

  private void startStallTimer() {
    if (stallTimer == NONE) {
      stallTimer = vertx.setTimer(limits.stallMs(), id -> cutOff());
    }
  }

  private void cutOff() {
    cut = true;
    unsent = Buffer.buffer();
    stopTimers();
    exchange.cutOff();
  }

  private boolean gone() {
    return cut || response.closed() || response.ended();
  }

  private void stopStallTimer() {
    if (stallTimer != NONE) {
      vertx.cancelTimer(stallTimer);
      stallTimer = NONE;
    }
  }

  private void stopTimers() {
    stopStallTimer();
    if (keepAliveTimer != NONE) {
      vertx.cancelTimer(keepAliveTimer);
      keepAliveTimer = NONE;
    }
  }
}
