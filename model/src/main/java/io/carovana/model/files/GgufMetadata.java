package io.carovana.model.files;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The key-value section of a GGUF file. Every getter gives null for a missing key and a typed
 * {@link ModelException.Malformed} that names the key for a value of another type.
 */
public final class GgufMetadata {
  private final Path file;

  /** Long, Double, Boolean, byte[] (a string), or long[], double[], boolean[], byte[][]. */
  private final Map<String, Object> values;

  GgufMetadata(Path file, Map<String, Object> values) {
    this.file = file;
    this.values = values;
  }

  /** The file these values come from. */
  public Path file() {
    return file;
  }

  /** All keys, in file order. */
  public Set<String> keys() {
    return values.keySet();
  }

  /** An integer of any width. */
  public @Nullable Long integer(String key) {
    return get(key, Long.class, "an integer");
  }

  /** A float or integer. */
  public @Nullable Double number(String key) {
    return values.get(key) instanceof Long whole
        ? Double.valueOf(whole)
        : get(key, Double.class, "a number");
  }

  /** A truth value. */
  public @Nullable Boolean bool(String key) {
    return get(key, Boolean.class, "a boolean");
  }

  /** A string, which must be UTF-8. */
  public @Nullable String string(String key) {
    byte[] bytes = get(key, byte[].class, "a string");
    return bytes == null ? null : decode(key, bytes);
  }

  /** An array of strings, each of which must be UTF-8. */
  public String @Nullable [] strings(String key) {
    byte[][] all = get(key, byte[][].class, "an array of strings");
    if (all == null) {
      return null;
    }
    String[] strings = new String[all.length];
    for (int i = 0; i < all.length; i++) {
      strings[i] = decode(key + "[" + i + "]", all[i]);
    }
    return strings;
  }

  /** An array of integers of any width. */
  public long @Nullable [] integers(String key) {
    return get(key, long[].class, "an array of integers");
  }

  /** An array of floats. */
  public double @Nullable [] numbers(String key) {
    return get(key, double[].class, "an array of floats");
  }

  private <T> @Nullable T get(String key, Class<T> type, String kind) {
    Object value = values.get(key);
    if (value == null) {
      return null;
    }
    if (!type.isInstance(value)) {
      throw new ModelException.Malformed(
          file, key, "should be " + kind + ", is " + value.getClass().getSimpleName());
    }
    return type.cast(value);
  }

  private String decode(String key, byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new ModelException.Malformed(file, key, "is not valid UTF-8", e);
    }
  }
}
