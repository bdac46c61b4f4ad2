package io.carovana.gateway.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carovana.gateway.engine.Engine.Reading;
import io.carovana.gateway.generation.Sink;
import io.carovana.gateway.generation.TextDelta;
import io.carovana.gateway.http.GenerationApi.Prepared;
import io.carovana.protocol.Failure;

/**
 * Answers token by token. The status line waits for the engine's first sign of life, so that a full
 * queue or an absent cluster is still an HTTP status; later failures are an event of the stream.
 */
final class StreamReply implements Sink {
  private final Exchange exchange;
  private final Prepared prepared;
  private final Dialect dialect;
  private final EventStream events;
  private final ProgressComments comments = new ProgressComments();
  private final long commitTimer;
  private boolean open;

  StreamReply(Exchange exchange, Prepared prepared) {
    this.exchange = exchange;
    this.prepared = prepared;
    this.dialect = prepared.dialect();
    this.events = new EventStream(exchange);
    this.commitTimer = exchange.vertx().setTimer(exchange.limits().commitMs(), id -> open());
  }

  @Override
  public void text(int choice, TextDelta delta) {
    open();
    send(dialect.chunk(choice, delta));
  }

  @Override
  public void end(int choice, String finishReason, String logitsDigest) {
    open();
    send(dialect.lastChunk(choice, finishReason, logitsDigest));
  }

  @Override
  public void progress(Reading reading) {
    open();
    comments.of(reading, System.nanoTime()).ifPresent(events::comment);
  }

  @Override
  public void done(Usage usage) {
    if (prepared.includeUsage()) {
      events.data(dialect.usageChunk(usage).toString());
    }
    events.data("[DONE]");
    events.end();
  }

  @Override
  public void failed(Failure failure) {
    exchange.vertx().cancelTimer(commitTimer);
    if (open) {
      events.data(ApiError.of(failure).toJson().toString());
      events.end();
    } else {
      exchange.error(ApiError.of(failure));
    }
  }

  private void open() {
    if (open || exchange.answered()) {
      return;
    }
    open = true;
    exchange.vertx().cancelTimer(commitTimer);
    events.open();
    for (int i = 0; i < prepared.job().choices().size(); i++) {
      ObjectNode opening = dialect.opening(i);
      if (opening != null) {
        send(opening);
      }
    }
  }

  private void send(ObjectNode chunk) {
    if (prepared.includeUsage()) {
      chunk.putNull("usage");
    }
    events.data(chunk.toString());
  }
}
