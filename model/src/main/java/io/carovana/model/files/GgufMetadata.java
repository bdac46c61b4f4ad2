package io.carovana.model.files;

import io.carovana.model.files.GgufValues.Array;
import io.carovana.model.files.GgufValues.Text;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The key-value section of a GGUF file. Every getter gives null for a missing key and a typed
 * {@link ModelException.Malformed} that names the key for a value of another type.
 */
public final class GgufMetadata {
  private final Path file;

  /** Values as {@link GgufValues#read} gives them. */
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
    Text text = get(key, Text.class, "a string");
    return text == null ? null : decode(key, text.utf8());
  }

  /** An array of strings, each of which must be UTF-8. */
  public String @Nullable [] strings(String key) {
    Array array = array(key, Array::isStrings, "an array of strings");
    if (array == null) {
      return null;
    }
    byte[][] texts = array.texts();
    String[] strings = new String[texts.length];
    for (int i = 0; i < texts.length; i++) {
      strings[i] = decode(key + "[" + i + "]", texts[i]);
    }
    return strings;
  }

  /** An array of integers of any width. */
  public long @Nullable [] integers(String key) {
    Array array = array(key, Array::isIntegers, "an array of integers");
    return array == null ? null : array.integers();
  }

  /** An array of floats. */
  public double @Nullable [] numbers(String key) {
    Array array = array(key, Array::isFloats, "an array of floats");
    return array == null ? null : array.floats();
  }

  /** Elements of an array of any type. */
  public @Nullable Integer arrayLength(String key) {
    Array array = get(key, Array.class, "an array");
    return array == null ? null : array.count();
  }

  private @Nullable Array array(String key, Predicate<Array> ofKind, String kind) {
    Array array = get(key, Array.class, kind);
    if (array != null && !ofKind.test(array)) {
      throw new ModelException.Malformed(file, key, "should be " + kind);
    }
    return array;
  }

  private <T> @Nullable T get(String key, Class<T> type, String kind) {
    Object value = values.get(key);
    if (value == null) {
      return null;
    }
    if (!type.isInstance(value)) {
      throw new ModelException.Malformed(
          file, key, "should be " + kind + ", is of type " + value.getClass().getSimpleName());
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
