package io.carovana.gateway.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads request bodies within three limits: bytes of one, bytes of all together, and time. What is
 * refused is answered at once and the rest of the body thrown away as it comes, until it ends or
 * its time does.
 */
final class BodyReader {
  /** What a request costs at least, so that a flood of empty bodies is bounded too, bytes. */
  private static final int LEAST_COST = 4096;

  private final AtomicLong buffered = new AtomicLong();

  /** A complete body; {@code release} must be called once its bytes are garbage. */
  interface Handler {
    void body(byte[] bytes, Runnable release);
  }

  void read(Exchange exchange, Handler handler) {
    long declared = declaredLength(exchange.request());
    if (declared > exchange.limits().bodyBytes()) {
      tooLarge(exchange);
      discard(exchange);
      return;
    }
    new Reading(exchange, handler).begin();
  }

  /** Bytes of all bodies being read or parsed. */
  long bufferedBytes() {
    return buffered.get();
  }

  private static long declaredLength(HttpServerRequest request) {
    String length = request.getHeader("content-length");
    try {
      return length == null ? 0 : Long.parseLong(length.strip());
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private static void tooLarge(Exchange exchange) {
    exchange.error(
        ApiError.refused(
            413,
            "body_too_large",
            "the body is larger than the limit of " + exchange.limits().bodyBytes() + " bytes"));
  }

  /** Takes and forgets what still comes, for a while, so that the client can read the answer. */
  private static void discard(Exchange exchange) {
    HttpServerRequest request = exchange.request();
    long timer =
        exchange.vertx().setTimer(exchange.limits().bodyMs(), id -> request.connection().close());
    request.handler(chunk -> {});
    request.endHandler(end -> exchange.vertx().cancelTimer(timer));
    request.exceptionHandler(gone -> exchange.vertx().cancelTimer(timer));
  }

  private final class Reading {
    private final Exchange exchange;
    private final Handler handler;
    private final Buffer body = Buffer.buffer();
    private long reserved;
    private @Nullable Long timer;

    Reading(Exchange exchange, Handler handler) {
      this.exchange = exchange;
      this.handler = handler;
    }

    void begin() {
      if (!reserve(LEAST_COST)) {
        return;
      }
      HttpServerRequest request = exchange.request();
      timer = exchange.vertx().setTimer(exchange.limits().bodyMs(), id -> tooSlow());
      request.handler(this::chunk);
      request.endHandler(end -> complete());
      request.exceptionHandler(gone -> drop());
    }

    private void chunk(Buffer chunk) {
      if (reserved == 0) {
        return;
      }
      if (body.length() + chunk.length() > exchange.limits().bodyBytes()) {
        drop();
        tooLarge(exchange);
        discard(exchange);
      } else if (reserve(chunk.length())) {
        body.appendBuffer(chunk);
      }
    }

    private boolean reserve(int bytes) {
      if (buffered.addAndGet(bytes) > exchange.limits().bufferedBodyBytes()) {
        buffered.addAndGet(-bytes);
        drop();
        exchange.error(
            new ApiError(
                429,
                "rate_limit_error",
                "overloaded",
                "too many request bodies are being read at once",
                "",
                1));
        discard(exchange);
        return false;
      }
      reserved += bytes;
      return true;
    }

    private void complete() {
      if (reserved == 0) {
        return;
      }
      stopTimer();
      handler.body(body.getBytes(), this::release);
    }

    private void tooSlow() {
      drop();
      exchange.error(
          ApiError.refused(
              408,
              "body_too_slow",
              "the body did not arrive within " + exchange.limits().bodyMs() + " ms"));
      exchange.vertx().runOnContext(next -> exchange.request().connection().close());
    }

    private void drop() {
      stopTimer();
      release();
    }

    private void release() {
      buffered.addAndGet(-reserved);
      reserved = 0;
    }

    private void stopTimer() {
      if (timer != null) {
        exchange.vertx().cancelTimer(timer);
        timer = null;
      }
    }
  }
}
