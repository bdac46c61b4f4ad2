package io.carovana.gateway.request;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Strict JSON: UTF-8 only, no duplicate keys, bounded depth, size and numbers, no lone surrogates,
 * nothing after the object. A refusal names the field where it happened. NaN and infinities are
 * read, so that the rule of their field can name it, and refused wherever they stand.
 */
public final class JsonBody {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(Limits.JSON_DEPTH)
                          .maxTokenCount(Limits.JSON_TOKENS)
                          .maxNumberLength(Limits.JSON_NUMBER_CHARS)
                          .maxNameLength(Limits.JSON_NAME_CHARS)
                          .maxStringLength(Integer.MAX_VALUE)
                          .build())
                  .build())
          .build();

  private JsonBody() {}

  /** The object a body holds. */
  public static ObjectNode parse(byte[] body) throws RefusedException {
    String text = utf8(body);
    try (JsonParser parser = MAPPER.createParser(text)) {
      JsonNode root;
      try {
        root = MAPPER.readTree(parser);
        if (root instanceof ObjectNode object && parser.nextToken() == null) {
          checkValues("", object);
          return object;
        }
      } catch (JsonProcessingException e) {
        String field = fieldName(parser.getParsingContext().pathAsPointer());
        throw RefusedException.field(field, "invalid JSON: " + e.getOriginalMessage());
      }
      throw RefusedException.field("", "the body must be one JSON object and nothing after it");
    } catch (IOException e) {
      throw RefusedException.field("", "invalid JSON: " + e.getMessage());
    }
  }

  private static String utf8(byte[] body) throws RefusedException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw RefusedException.field("", "the body is not valid UTF-8: " + e.getMessage());
    }
  }

  private static void checkValues(String field, JsonNode node) throws RefusedException {
    if (node.isObject()) {
      for (Map.Entry<String, JsonNode> entry : node.properties()) {
        checkText(field, entry.getKey());
        String name = entry.getKey();
        checkValues(field.isEmpty() ? name : field + "." + name, entry.getValue());
      }
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        JsonNode child = node.get(i);
        if (child.isContainerNode() || child.isTextual() || child.isFloatingPointNumber()) {
          checkValues(field + "[" + i + "]", child);
        }
      }
    } else if (node.isTextual()) {
      checkText(field, node.textValue());
    } else if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
      throw RefusedException.field(field, field + " must be a finite number");
    }
  }

  private static void checkText(String field, String text) throws RefusedException {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          throw RefusedException.field(
              field, field + " holds a lone surrogate (character " + i + ")");
        }
        i++;
      }
    }
  }

  private static String fieldName(JsonPointer pointer) {
    StringBuilder name = new StringBuilder();
    for (JsonPointer at = pointer; !at.matches(); at = at.tail()) {
      if (at.mayMatchElement()) {
        name.append('[').append(at.getMatchingIndex()).append(']');
      } else {
        name.append(name.isEmpty() ? "" : ".").append(at.getMatchingProperty());
      }
    }
    return name.toString();
  }
}
