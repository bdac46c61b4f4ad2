package io.carovana.gateway.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Bearer keys. What is compared are digests of equal length, all of them every time, so the time
 * taken tells nothing about a key.
 */
final class ApiKeys {
  private static final String SCHEME = "Bearer ";

  private final List<byte[]> digests;

  ApiKeys(List<String> keys) {
    this.digests = keys.stream().map(ApiKeys::digest).toList();
  }

  /** Why this {@code Authorization} header is refused; empty when it is accepted. */
  Optional<ApiError> refusal(@Nullable String authorization) {
    if (digests.isEmpty()) {
      return Optional.empty();
    }
    if (authorization == null
        || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Optional.of(
          ApiError.unauthorized(
              "missing_api_key", "send an API key as \"Authorization: Bearer KEY\""));
    }
    byte[] offered = digest(authorization.substring(SCHEME.length()).strip());
    boolean known = false;
    for (byte[] digest : digests) {
      known |= MessageDigest.isEqual(digest, offered);
    }
    return known
        ? Optional.empty()
        : Optional.of(ApiError.unauthorized("invalid_api_key", "this API key is not accepted"));
  }

  private static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
