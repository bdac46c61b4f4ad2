package io.carovana.gateway.http;

import io.carovana.gateway.engine.Engine;
import io.carovana.gateway.generation.Sink;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;

/** What {@code /metrics} shows: this gateway's own figures, and the coordinator's last word. */
final class Metrics {
  private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final Engine engine;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Timer firstText;
  private final Timer betweenTexts;
  private final Timer requests;
  private final Counter promptTokens;
  private final Counter completionTokens;

  Metrics(Engine engine, ConnectionGuard connections, BodyReader bodies) {
    this.engine = engine;
    this.firstText =
        histogram(
            "carovana.time.to.first.token",
            "From a complete request to its first text",
            50,
            100,
            250,
            500,
            1_000,
            2_500,
            5_000,
            10_000,
            30_000,
            60_000,
            300_000,
            1_800_000);
    this.betweenTexts =
        histogram(
            "carovana.inter.token",
            "Between two texts of a request",
            5,
            10,
            25,
            50,
            75,
            100,
            150,
            200,
            300,
            500,
            1_000,
            2_000,
            10_000);
    this.requests =
        histogram(
            "carovana.request.duration",
            "From a complete request to its end",
            100,
            500,
            1_000,
            5_000,
            10_000,
            30_000,
            60_000,
            300_000,
            1_800_000);
    this.promptTokens = registry.counter("carovana.prompt.tokens");
    this.completionTokens = registry.counter("carovana.completion.tokens");
    registry.gauge("carovana.http.connections", connections, ConnectionGuard::open);
    registry.gauge("carovana.http.buffered.body.bytes", bodies, BodyReader::bufferedBytes);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
  }

  MeasuredSink measure(String api, Sink next) {
    return new MeasuredSink(next, this, api);
  }

  /** A request of {@code api} ended: {@code ok}, {@code cancelled} or the code of its error. */
  void ended(String api, String outcome) {
    registry.counter("carovana.requests", "api", api, "outcome", outcome).increment();
  }

  void firstText(long durationNs) {
    firstText.record(Duration.ofNanos(durationNs));
  }

  void betweenTexts(long durationNs) {
    betweenTexts.record(Duration.ofNanos(durationNs));
  }

  void requestTook(long durationNs) {
    requests.record(Duration.ofNanos(durationNs));
  }

  void tokens(Sink.Usage usage) {
    promptTokens.increment(usage.prompt());
    completionTokens.increment(usage.completion());
  }

  void handle(Exchange exchange) {
    String text = registry.scrape() + ClusterMetrics.text(engine.state());
    exchange.send(200, CONTENT_TYPE, Buffer.buffer(text));
  }

  private Timer histogram(String name, String description, long... bucketsMs) {
    Duration[] buckets = new Duration[bucketsMs.length];
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = Duration.ofMillis(bucketsMs[i]);
    }
    return Timer.builder(name)
        .description(description)
        .serviceLevelObjectives(buckets)
        .register(registry);
  }
}
