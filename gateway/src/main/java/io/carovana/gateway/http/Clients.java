package io.carovana.gateway.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who asks. With API keys, clients are their keys, by a name that does not tell the key and is the
 * same at every gateway; without, the addresses they come from. Nothing that a client may choose
 * freely makes it another one: not its ports, its headers, or the fields of its requests.
 *
 * <p>What is compared are digests of equal length, all of them every time, so the time taken tells
 * nothing about a key.
 */
final class Clients {
  private static final String SCHEME = "Bearer ";
  private static final String NAMING = "carovana client name: ";
  private static final int NAME_BYTES = 4;

  /** Anyone on this machine, who has all of 127.0.0.0/8 to come from. */
  private static final String LOCAL = "local";

  private final List<Key> keys;

  private record Key(byte[] digest, String name) {}

  /** What became of a request's credentials. */
  sealed interface Recognition {}

  /** A client that may ask. */
  record Known(String name) implements Recognition {}

  /** Nobody we know. */
  record Refused(ApiError error) implements Recognition {}

  Clients(List<String> apiKeys) {
    this.keys = apiKeys.stream().map(key -> new Key(digest(key), name(key))).toList();
  }

  Recognition recognize(HttpServerRequest request) {
    return keys.isEmpty()
        ? new Known(place(request.remoteAddress().hostAddress()))
        : ofKey(request.getHeader(HttpHeaders.AUTHORIZATION));
  }

  private Recognition ofKey(@Nullable String authorization) {
    if (authorization == null
        || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return new Refused(
          ApiError.unauthorized(
              "missing_api_key", "send an API key as \"Authorization: Bearer KEY\""));
    }
    byte[] offered = digest(authorization.substring(SCHEME.length()).strip());
    Optional<String> name = Optional.empty();
    for (Key key : keys) {
      if (MessageDigest.isEqual(key.digest, offered)) {
        name = Optional.of(key.name);
      }
    }
    return name.<Recognition>map(Known::new)
        .orElseGet(
            () ->
                new Refused(
                    ApiError.unauthorized("invalid_api_key", "this API key is not accepted")));
  }

  /** The name a key goes by. */
  static String name(String key) {
    return "key-" + HexFormat.of().formatHex(digest(NAMING + key), 0, NAME_BYTES);
  }

  /** The name an address without a port goes by. */
  static String place(@Nullable String address) {
    if (address == null) {
      return LOCAL; // a socket of this machine
    }
    return InetAddress.ofLiteral(address).isLoopbackAddress() ? LOCAL : address;
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
