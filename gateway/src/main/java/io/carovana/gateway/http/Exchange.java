package io.carovana.gateway.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import java.nio.charset.StandardCharsets;

/** One request and its answer; used on the request's event loop only. */
final class Exchange {
  static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");

  private static final String JSON = "application/json";

  private final Vertx vertx;
  private final HttpLimits limits;
  private final HttpServerRequest request;
  private final String requestId;
  private String client = "";

  Exchange(Vertx vertx, HttpLimits limits, HttpServerRequest request) {
    this.vertx = vertx;
    this.limits = limits;
    this.request = request;
    this.requestId = RequestIds.acceptOrDraw(request.getHeader(REQUEST_ID));
    request.response().putHeader(REQUEST_ID, requestId);
  }

  HttpServerRequest request() {
    return request;
  }

  HttpServerResponse response() {
    return request.response();
  }

  String requestId() {
    return requestId;
  }

  /** Who asks: the name its key goes by, or its address; empty until that was looked at. */
  String client() {
    return client;
  }

  void identify(String client) {
    this.client = client;
  }

  Vertx vertx() {
    return vertx;
  }

  HttpLimits limits() {
    return limits;
  }

  boolean answered() {
    return response().headWritten() || response().ended() || response().closed();
  }

  void json(int status, ObjectNode body) {
    send(status, JSON, Buffer.buffer(body.toString().getBytes(StandardCharsets.UTF_8)));
  }

  void error(ApiError error) {
    if (answered()) {
      return;
    }
    if (error.retryAfterSeconds() > 0) {
      response().putHeader(HttpHeaders.RETRY_AFTER, String.valueOf(error.retryAfterSeconds()));
    }
    if (error.status() == 401) {
      response().putHeader("WWW-Authenticate", "Bearer");
    }
    json(error.status(), error.toJson());
  }

  /** Sends a whole answer; a reader that does not take it in time is cut off. */
  void send(int status, String contentType, Buffer body) {
    if (answered()) {
      return;
    }
    Future<Void> sent =
        response().setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, contentType).end(body);
    if (!sent.isComplete()) {
      long timer = vertx.setTimer(limits.stallMs(), id -> cutOff());
      sent.onComplete(done -> vertx.cancelTimer(timer));
    }
  }

  /**
   * Closes the connection at once. Its own close, and its channel's, wait until the client has
   * taken all that is queued, which is just what a slow reader does not do.
   */
  void cutOff() {
    if (request.connection() instanceof ConnectionBase connection) {
      connection.channelHandlerContext().close();
    } else {
      request.connection().close();
    }
  }
}
