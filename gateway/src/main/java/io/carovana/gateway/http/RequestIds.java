package io.carovana.gateway.http;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names of requests: the client's where it sent a sane one, else drawn. */
final class RequestIds {
  private static final Pattern SANE = Pattern.compile("[A-Za-z0-9._:-]{1,128}");
  private static final int RANDOM_BYTES = 12;
  private static final SecureRandom RANDOM = new SecureRandom();

  private RequestIds() {}

  static String acceptOrDraw(@Nullable String fromClient) {
    return fromClient != null && SANE.matcher(fromClient).matches() ? fromClient : draw("req-");
  }

  static String draw(String prefix) {
    byte[] bytes = new byte[RANDOM_BYTES];
    RANDOM.nextBytes(bytes);
    return prefix + HexFormat.of().formatHex(bytes);
  }
}
