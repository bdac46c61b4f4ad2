package io.carovana.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.cli.command.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Speaks {@code /admin/v1} and {@code /health} of one gateway, never through a proxy.
 *
 * @param url of the gateway
 * @param apiKey sent as bearer token, if there is one
 * @param timeoutMs longest wait for a connection, and for an answer
 */
public record AdminClient(String url, Optional<String> apiKey, int timeoutMs) {
  private static final int MOST_BYTES = 16 << 20;

  /**
   * An answer.
   *
   * @param status HTTP status
   * @param body what came with it
   */
  public record Answer(int status, String body) {
    /** The body. */
    public JsonNode json() throws IOException {
      try {
        return Json.read(body);
      } catch (IllegalArgumentException e) {
        throw new IOException("not JSON: " + e.getMessage(), e);
      }
    }
  }

  /**
   * Gets {@code path}.
   *
   * @throws IOException if the gateway does not answer
   */
  public Answer get(String path) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) URI.create(url + path).toURL().openConnection(Proxy.NO_PROXY);
    connection.setConnectTimeout(timeoutMs);
    connection.setReadTimeout(timeoutMs);
    connection.setRequestProperty("Accept", "application/json");
    apiKey.ifPresent(key -> connection.setRequestProperty("Authorization", "Bearer " + key));
    try {
      int status = connection.getResponseCode();
      try (InputStream stream =
          status >= HttpURLConnection.HTTP_BAD_REQUEST
              ? connection.getErrorStream()
              : connection.getInputStream()) {
        byte[] body = stream == null ? new byte[0] : stream.readNBytes(MOST_BYTES);
        return new Answer(status, new String(body, StandardCharsets.UTF_8));
      }
    } finally {
      connection.disconnect();
    }
  }
}
