package io.carovana.gateway.http;

import io.carovana.gateway.text.ModelText;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** How single tokens are written in answers. */
final class TokenStrings {
  /** What OpenAI writes for a token that is out of the question. */
  private static final float LEAST_LOGPROB = -9999f;

  private final ModelText text;

  TokenStrings(ModelText text) {
    this.text = text;
  }

  byte[] bytes(int id) {
    return text.tokenizer().bytesOf(id);
  }

  /** The token's text; bytes that are no whole characters as {@code bytes:\xe2\x82}. */
  String escaped(int id) {
    byte[] bytes = bytes(id);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      StringBuilder escaped = new StringBuilder("bytes:");
      for (byte b : bytes) {
        escaped.append(String.format("\\x%02x", b & 0xff));
      }
      return escaped.toString();
    }
  }

  /** The token's text, U+FFFD for bytes that are no whole characters. */
  String replaced(int id) {
    return new String(bytes(id), StandardCharsets.UTF_8);
  }

  /** JSON has no infinities. */
  static float finite(float logprob) {
    return logprob >= LEAST_LOGPROB ? logprob : LEAST_LOGPROB;
  }
}
