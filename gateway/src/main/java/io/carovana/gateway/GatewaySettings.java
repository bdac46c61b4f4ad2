package io.carovana.gateway;

import io.carovana.protocol.NodeSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway is started with.
 *
 * @param node addresses and folders
 * @param httpHost address of the HTTP server
 * @param httpPort its port
 * @param apiKeys accepted bearer keys; empty for none, allowed on loopback only
 * @param servedModelName name clients see; null for the coordinator's
 * @param maxBodyBytes largest request body
 * @param requestLimitMs longest run of one request, ms; of a stream, since its prompt was last read
 *     on
 */
public record GatewaySettings(
    NodeSettings node,
    String httpHost,
    int httpPort,
    List<String> apiKeys,
    @Nullable String servedModelName,
    int maxBodyBytes,
    long requestLimitMs) {
  /** Copies the list. */
  public GatewaySettings {
    apiKeys = List.copyOf(apiKeys);
  }
}
