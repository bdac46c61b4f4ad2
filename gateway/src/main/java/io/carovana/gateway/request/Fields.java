package io.carovana.gateway.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Typed reads of a request's fields; null counts as absent, as the clients mean it. */
final class Fields {
  private static final double LARGEST_EXACT_INTEGER = 0x1p53;

  private final ObjectNode object;
  private final String prefix;

  Fields(ObjectNode object, String prefix) {
    this.object = object;
    this.prefix = prefix;
  }

  /** The value, or null where it is absent or null. */
  @Nullable JsonNode get(String name) {
    JsonNode node = object.get(name);
    return node == null || node.isNull() ? null : node;
  }

  String path(String name) {
    return prefix + name;
  }

  RefusedException refuse(String name, String rule) {
    return RefusedException.field(path(name), path(name) + " " + rule);
  }

  @Nullable Integer integer(IntRule rule) throws RefusedException {
    JsonNode node = get(rule.name());
    if (node == null) {
      return null;
    }
    Long value = whole(node);
    if (value == null || value < rule.min() || value > rule.max()) {
      throw refuse(rule.name(), "must be an integer from " + rule.min() + " to " + rule.max());
    }
    return value.intValue();
  }

  int integer(IntRule rule, int absent) throws RefusedException {
    Integer value = integer(rule);
    return value == null ? absent : value;
  }

  @Nullable Long int64(String name) throws RefusedException {
    JsonNode node = get(name);
    if (node == null) {
      return null;
    }
    Long value = whole(node);
    if (value == null) {
      throw refuse(name, "must be an integer of at most 64 bits");
    }
    return value;
  }

  float number(NumberRule rule, float absent) throws RefusedException {
    JsonNode node = get(rule.name());
    if (node == null) {
      return absent;
    }
    double value = node.doubleValue();
    if (!node.isNumber() || !(value >= rule.min() && value <= rule.max())) {
      throw refuse(rule.name(), "must be a number from " + rule.min() + " to " + rule.max());
    }
    return (float) value;
  }

  boolean flag(String name) throws RefusedException {
    JsonNode node = get(name);
    if (node != null && !node.isBoolean()) {
      throw refuse(name, "must be true or false");
    }
    return node != null && node.booleanValue();
  }

  @Nullable String text(String name) throws RefusedException {
    JsonNode node = get(name);
    if (node != null && !node.isTextual()) {
      throw refuse(name, "must be a string");
    }
    return node == null ? null : node.textValue();
  }

  @Nullable Fields object(String name) throws RefusedException {
    JsonNode node = get(name);
    if (node == null) {
      return null;
    }
    if (node instanceof ObjectNode child) {
      return new Fields(child, path(name) + ".");
    }
    throw refuse(name, "must be an object");
  }

  /** A string, or a list of strings. */
  List<String> texts(String name, int most) throws RefusedException {
    JsonNode node = get(name);
    if (node == null) {
      return List.of();
    }
    if (node.isTextual()) {
      return List.of(node.textValue());
    }
    if (!node.isArray()) {
      throw refuse(name, "must be a string or a list of strings");
    }
    if (node.size() > most) {
      throw refuse(name, "has " + node.size() + " entries; the limit is " + most);
    }
    List<String> texts = new ArrayList<>(node.size());
    for (JsonNode child : node) {
      if (!child.isTextual()) {
        throw refuse(name + "[" + texts.size() + "]", "must be a string");
      }
      texts.add(child.textValue());
    }
    return List.copyOf(texts);
  }

  /** The integer a node holds (also written 16.0, as some languages do), or null. */
  static @Nullable Long whole(JsonNode node) {
    if (node.isIntegralNumber()) {
      return node.canConvertToLong() ? node.longValue() : null;
    }
    double value = node.doubleValue();
    boolean exact = Math.abs(value) < LARGEST_EXACT_INTEGER && value == Math.rint(value);
    return node.isNumber() && exact ? (Long) (long) value : null;
  }

  /** An integer field and its range. */
  record IntRule(String name, long min, long max) {}

  /** A number field and its range; NaN is outside every range. */
  record NumberRule(String name, double min, double max) {}
}
