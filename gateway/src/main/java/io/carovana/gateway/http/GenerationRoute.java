package io.carovana.gateway.http;

import io.carovana.gateway.engine.Engine;
import io.carovana.gateway.generation.Generation;
import io.carovana.gateway.generation.RunForecast;
import io.carovana.gateway.generation.Sink;
import io.carovana.gateway.http.GenerationApi.Prepared;
import io.carovana.gateway.request.RefusedException;
import io.carovana.protocol.Failure;
import io.carovana.protocol.LogContext;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpHeaders;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** The way of a generating request: content type, body, parser thread, engine, answer. */
final class GenerationRoute {
  private static final Logger LOG = LoggerFactory.getLogger(GenerationRoute.class);

  private final Engine engine;
  private final Metrics metrics;
  private final BodyReader bodies;
  private final WorkerExecutor parsers;
  private final GenerationApi api;

  GenerationRoute(
      Engine engine,
      Metrics metrics,
      BodyReader bodies,
      WorkerExecutor parsers,
      GenerationApi api) {
    this.engine = engine;
    this.metrics = metrics;
    this.bodies = bodies;
    this.parsers = parsers;
    this.api = api;
  }

  void handle(Exchange exchange) {
    ApiError refusal = refusedType(exchange);
    if (refusal != null) {
      refuse(exchange, refusal);
      return;
    }
    bodies.read(exchange, (body, release) -> prepare(exchange, body, release));
  }

  private void prepare(Exchange exchange, byte[] body, Runnable release) {
    String client = exchange.client();
    parsers
        .executeBlocking(() -> api.prepare(body, engine.state(), client), false)
        .onComplete(
            prepared -> {
              release.run();
              if (prepared.succeeded()) {
                start(exchange, prepared.result());
              } else {
                refuse(exchange, failureOf(exchange, prepared.cause()));
              }
            });
  }

  private void start(Exchange exchange, Prepared prepared) {
    if (exchange.answered()) {
      metrics.ended(api.name(), "cancelled");
      return;
    }
    long limitMs = exchange.limits().requestMs();
    Optional<RunForecast.Overrun> overrun =
        prepared.stream() ? Optional.empty() : prepared.job().forecast().overrun(limitMs);
    if (overrun.isPresent()) {
      refuse(exchange, ApiError.wouldTimeOut(overrun.get()));
      return;
    }
    Vertx vertx = exchange.vertx();
    Context loop = vertx.getOrCreateContext();
    Sink reply =
        prepared.stream()
            ? new StreamReply(exchange, prepared)
            : new WholeReply(exchange, prepared);
    MeasuredSink sink = metrics.measure(api.name(), reply);
    Generation generation =
        new Generation(engine, prepared.job(), task -> loop.runOnContext(none -> task.run()), sink);
    RunLimit limit = new RunLimit(vertx, generation, prepared.stream(), limitMs);
    sink.whenReadOn(limit::readOn);
    sink.whenOver(
        outcome -> {
          limit.stop();
          try (var line = MDC.putCloseable(LogContext.REQUEST, exchange.requestId())) {
            LOG.info("{} {}: {}", prepared.job().id(), api.name(), outcome);
          }
        });
    exchange
        .response()
        .closeHandler(
            closed -> {
              if (!generation.ended()) {
                generation.cancel("client gone");
                sink.cancelled();
              }
            });
    generation.start();
  }

  private void refuse(Exchange exchange, ApiError error) {
    metrics.ended(api.name(), error.code());
    exchange.error(error);
  }

  private static ApiError failureOf(Exchange exchange, Throwable thrown) {
    if (thrown instanceof RefusedException refused) {
      return ApiError.of(refused.failure());
    }
    LOG.error("request {} could not be prepared", exchange.requestId(), thrown);
    return ApiError.of(new Failure.Internal("an error in the gateway; see its log"));
  }

  private static @Nullable ApiError refusedType(Exchange exchange) {
    String encoding = exchange.request().getHeader(HttpHeaders.CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      return ApiError.refused(
          415, "unsupported_content_encoding", "send the body uncompressed, not " + encoding);
    }
    String type = exchange.request().getHeader(HttpHeaders.CONTENT_TYPE);
    String media = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    boolean json = media.equals("application/json");
    return json
        ? null
        : ApiError.refused(
            415,
            "unsupported_content_type",
            "send JSON with the header \"Content-Type: application/json\"");
  }
}
