package io.carovana.model.files;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The typed fields of one JSON object in a model's files; what is wrong is refused by name. */
final class JsonFields {
  private final Path file;
  private final JsonNode object;

  private JsonFields(Path file, JsonNode object) {
    this.file = file;
    this.object = object;
  }

  /**
   * Parses a file that is one object.
   *
   * @throws ModelException.Malformed if it is anything else
   */
  static JsonFields parse(byte[] json, Path file) {
    JsonNode root;
    try {
      root = CheckedJson.tree(json);
    } catch (IOException e) {
      throw new ModelException.Malformed(file, null, CheckedJson.reason(e), e);
    }
    if (root == null || !root.isObject()) {
      throw new ModelException.Malformed(file, null, "is not a JSON object");
    }
    return new JsonFields(file, root);
  }

  /** The file, for messages. */
  Path file() {
    return file;
  }

  /** The object itself. */
  JsonNode node() {
    return object;
  }

  boolean present(String field) {
    return object.hasNonNull(field);
  }

  /** The object in {@code field}. */
  JsonFields object(String field) {
    JsonNode value = object.path(field);
    if (!value.isObject()) {
      throw malformed(field, "is not an object");
    }
    return new JsonFields(file, value);
  }

  int required(String field) {
    if (!present(field)) {
      throw malformed(field, "is missing");
    }
    return toInt(field, object.get(field));
  }

  int integer(String field, int fallback) {
    return present(field) ? required(field) : fallback;
  }

  int toInt(String field, JsonNode value) {
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw malformed(field, "must be an integer below 2^31, is " + excerpt(value));
    }
    return value.intValue();
  }

  double number(String field, double fallback) {
    if (!present(field)) {
      return fallback;
    }
    JsonNode value = object.get(field);
    if (!value.isNumber()) {
      throw malformed(field, "must be a number, is " + excerpt(value));
    }
    return value.doubleValue();
  }

  /** True or false; false where the field is missing. */
  boolean bool(String field) {
    if (!present(field)) {
      return false;
    }
    JsonNode value = object.get(field);
    if (!value.isBoolean()) {
      throw malformed(field, "must be true or false, is " + excerpt(value));
    }
    return value.booleanValue();
  }

  @Nullable String text(String field) {
    if (!present(field)) {
      return null;
    }
    JsonNode value = object.get(field);
    if (!value.isTextual()) {
      throw malformed(field, "must be a string, is " + excerpt(value));
    }
    return value.textValue();
  }

  private static String excerpt(JsonNode value) {
    String text = value.toString();
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }

  ModelException malformed(String field, String reason) {
    return new ModelException.Malformed(file, field, reason);
  }

  ModelException unsupported(String field, String reason) {
    return new ModelException.Unsupported(file, field, reason);
  }
}
