package io.carovana.gateway.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carovana.gateway.engine.Engine;
import io.carovana.gateway.engine.EngineState;
import io.netty.handler.codec.http.QueryStringDecoder;
import org.jspecify.annotations.Nullable;

/** The routes that only tell what is known; none of them waits for anything. */
final class StatusRoutes {
  private static final String MODELS = "/v1/models/";

  /** When to look again for a cluster that is not serving, seconds. */
  private static final int RETRY_AFTER_SECONDS = 2;

  private final Engine engine;
  private final ServedModel model;

  /** When this gateway started, seconds since 1970. */
  private final long started = System.currentTimeMillis() / 1000;

  StatusRoutes(Engine engine, ServedModel model) {
    this.engine = engine;
    this.model = model;
  }

  void live(Exchange exchange) {
    exchange.json(200, JsonNodeFactory.instance.objectNode().put("status", "ok"));
  }

  void health(Exchange exchange) {
    EngineState state = engine.state();
    String reason = state.whyNotReady();
    if (reason != null) {
      exchange.error(unavailable(reason));
      return;
    }
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("status", "ok");
    root.put("epoch", state.cluster().getEpoch());
    root.put("last_token_age_ms", state.cluster().getLastTokenAgeMs());
    exchange.json(200, root);
  }

  void models(Exchange exchange) {
    ObjectNode entry = entry(exchange);
    if (entry != null) {
      ObjectNode root = JsonNodeFactory.instance.objectNode().put("object", "list");
      root.putArray("data").add(entry);
      exchange.json(200, root);
    }
  }

  void model(Exchange exchange) {
    ObjectNode entry = entry(exchange);
    if (entry == null) {
      return;
    }
    String asked = decoded(exchange.request().path().substring(MODELS.length()));
    if (entry.get("id").textValue().equals(asked)) {
      exchange.json(200, entry);
    } else {
      exchange.error(ApiError.refused(404, "model_not_found", "this model is not served here"));
    }
  }

  void status(Exchange exchange) {
    exchange.json(200, AdminJson.status(engine.state(), model));
  }

  void placement(Exchange exchange) {
    exchange.json(200, AdminJson.placement(engine.state(), model));
  }

  /** The entry of the one model; null after answering that there is none yet. */
  private @Nullable ObjectNode entry(Exchange exchange) {
    EngineState state = engine.state();
    if (!state.modelKnown()) {
      String reason = state.whyNotServing();
      exchange.error(unavailable(reason == null ? "no model is known yet" : reason));
      return null;
    }
    ObjectNode entry = JsonNodeFactory.instance.objectNode();
    entry.put("id", model.name(state.cluster()));
    entry.put("object", "model");
    entry.put("created", started);
    entry.put("owned_by", "carovana");
    entry.put("max_model_len", state.cluster().getContext());
    return entry;
  }

  private static ApiError unavailable(String reason) {
    return new ApiError(503, "server_error", "unavailable", reason, "", RETRY_AFTER_SECONDS);
  }

  private static String decoded(String path) {
    try {
      return QueryStringDecoder.decodeComponent(path);
    } catch (IllegalArgumentException e) {
      return path;
    }
  }
}
