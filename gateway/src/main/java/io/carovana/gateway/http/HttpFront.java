package io.carovana.gateway.http;

import io.carovana.gateway.GatewaySettings;
import io.carovana.gateway.engine.Engine;
import io.carovana.protocol.Failure;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.security.SecureRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP server: connections, the order of handlers, and the table of routes. */
public final class HttpFront implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpFront.class);
  private static final String EXCHANGE = "exchange";
  private static final int EVENT_LOOPS = 2;
  private static final int PARSER_THREADS = 2;
  private static final int LINE_BYTES = 4096;
  private static final long CLOSE_SECONDS = 5;

  /** Drawn seeds are below this, so that they survive JSON's doubles. */
  private static final long DRAWN_SEEDS = 1L << 53;

  private final Vertx vertx;
  private final HttpLimits limits;
  private final Clients clients;
  private final ConnectionGuard guard;
  private final HttpServer server;

  /**
   * Listens as the settings say.
   *
   * @throws IOException if the address cannot be bound; its cause says why
   */
  public static HttpFront listen(Engine engine, GatewaySettings settings) throws IOException {
    HttpLimits limits =
        HttpLimits.of(
            settings.maxBodyBytes(), settings.requestLimitMs(), Runtime.getRuntime().maxMemory());
    SecureRandom random = new SecureRandom();
    return listen(engine, settings, limits, () -> random.nextLong(DRAWN_SEEDS));
  }

  /** As {@link #listen(Engine, GatewaySettings)}, with limits and a source of seeds. */
  static HttpFront listen(
      Engine engine, GatewaySettings settings, HttpLimits limits, LongSupplier seeds)
      throws IOException {
    Vertx vertx =
        Vertx.vertx(
            new VertxOptions()
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false))
                .setEventLoopPoolSize(EVENT_LOOPS)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1));
    HttpFront front = new HttpFront(vertx, engine, settings, limits, seeds);
    try {
      front
          .server
          .listen(settings.httpPort(), settings.httpHost())
          .toCompletionStage()
          .toCompletableFuture()
          .get();
      return front;
    } catch (ExecutionException e) {
      front.close();
      throw new IOException("cannot listen", e.getCause());
    } catch (InterruptedException e) {
      front.close();
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while binding");
    }
  }

  private HttpFront(
      Vertx vertx, Engine engine, GatewaySettings settings, HttpLimits limits, LongSupplier seeds) {
    this.vertx = vertx;
    this.limits = limits;
    this.clients = new Clients(settings.apiKeys());
    this.guard = new ConnectionGuard(vertx, limits);
    this.server =
        vertx
            .createHttpServer(options(limits))
            .connectionHandler(guard::connected)
            .invalidRequestHandler(this::invalid)
            .exceptionHandler(error -> LOG.debug("connection failed: {}", error.toString()))
            .requestHandler(router(engine, settings.servedModelName(), seeds));
  }

  /** The port clients connect to. */
  public int port() {
    return server.actualPort();
  }

  @Override
  public void close() {
    try {
      vertx.close().toCompletionStage().toCompletableFuture().get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("the HTTP server did not close in order: {}", e.toString());
    }
  }

  private static HttpServerOptions options(HttpLimits limits) {
    return new HttpServerOptions()
        .setMaxHeaderSize(limits.headerBytes())
        .setMaxInitialLineLength(LINE_BYTES)
        .setHandle100ContinueAutomatically(true)
        .setHttp2ClearTextEnabled(false)
        .setDecompressionSupported(false)
        .setCompressionSupported(false)
        .setTcpNoDelay(true)
        .setTcpKeepAlive(true);
  }

  private Router router(Engine engine, @Nullable String servedModelName, LongSupplier seeds) {
    WorkerExecutor parsers = vertx.createSharedWorkerExecutor("requests", PARSER_THREADS);
    BodyReader bodies = new BodyReader();
    Metrics metrics = new Metrics(engine, guard, bodies);
    ServedModel model = new ServedModel(servedModelName);
    StatusRoutes status = new StatusRoutes(engine, model);
    ApiContext apis = new ApiContext(model, seeds, limits.requestMs());
    GenerationRoute completions =
        new GenerationRoute(engine, metrics, bodies, parsers, new CompletionsApi(apis));
    GenerationRoute chats =
        new GenerationRoute(engine, metrics, bodies, parsers, new ChatApi(apis));

    Router router = Router.router(vertx);
    router.route().handler(this::open);
    readable(router, "/health", status::health);
    readable(router, "/health/live", status::live);
    router.route().handler(this::authenticate);
    router.post("/v1/completions").handler(with(completions::handle));
    router.post("/v1/chat/completions").handler(with(chats::handle));
    readable(router, "/v1/models", status::models);
    readable(router, "/v1/models/*", status::model);
    readable(router, "/metrics", metrics::handle);
    readable(router, "/admin/v1/status", status::status);
    readable(router, "/admin/v1/placement", status::placement);
    router.errorHandler(404, context -> fail(context, 404, "not_found", "there is no such route"));
    router.errorHandler(405, HttpFront::wrongMethod);
    router.errorHandler(400, context -> fail(context, 400, "bad_request", "malformed request"));
    router.errorHandler(500, HttpFront::bug);
    return router;
  }

  private static void readable(Router router, String path, Consumer<Exchange> handler) {
    router.route(HttpMethod.GET, path).method(HttpMethod.HEAD).handler(with(handler));
  }

  private static Handler<RoutingContext> with(Consumer<Exchange> handler) {
    return context -> handler.accept(exchange(context));
  }

  private static Exchange exchange(RoutingContext context) {
    return context.get(EXCHANGE);
  }

  /** First of all: names the request, and tells the guard that the connection is in use. */
  private void open(RoutingContext context) {
    context.put(EXCHANGE, new Exchange(vertx, limits, context.request()));
    Runnable over = guard.begun(context.request().connection());
    context.addEndHandler(done -> over.run());
    context.next();
  }

  private void authenticate(RoutingContext context) {
    Exchange exchange = exchange(context);
    switch (clients.recognize(context.request())) {
      case Clients.Known known -> {
        exchange.identify(known.name());
        context.next();
      }
      case Clients.Refused refused -> exchange.error(refused.error());
    }
  }

  private static void fail(RoutingContext context, int status, String code, String message) {
    exchange(context).error(ApiError.refused(status, code, message));
  }

  private static void wrongMethod(RoutingContext context) {
    fail(
        context,
        405,
        "method_not_allowed",
        context.request().method() + " is not what this route answers to");
  }

  private static void bug(RoutingContext context) {
    Exchange exchange = exchange(context);
    LOG.error("request {} failed", exchange.requestId(), context.failure());
    exchange.error(ApiError.of(new Failure.Internal("an error in the gateway; see its log")));
  }

  /** What is not HTTP: answered in the same shape, then the connection is closed. */
  private void invalid(HttpServerRequest request) {
    String message = String.valueOf(request.decoderResult().cause().getMessage());
    int status =
        switch (request.decoderResult().cause()) {
          case TooLongHttpHeaderException e -> 431;
          case TooLongHttpLineException e -> 414;
          default -> 400;
        };
    Exchange exchange = new Exchange(vertx, limits, request);
    request.response().putHeader(HttpHeaders.CONNECTION, "close");
    exchange.error(ApiError.refused(status, "bad_request", message));
    request.connection().close();
  }
}
