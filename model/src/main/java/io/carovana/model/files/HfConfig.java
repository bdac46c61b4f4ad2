package io.carovana.model.files;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.model.config.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code config.json} of a Hugging Face Llama; defaults are those of transformers'
 * LlamaConfig. What changes the computation in a way Carovana does not run is refused by name.
 */
final class HfConfig {
  private static final String ARCHITECTURE = "LlamaForCausalLM";
  private static final List<String> ROPE_FIELDS = List.of("rope_parameters", "rope_scaling");

  private final Path file;
  private final JsonNode root;

  private HfConfig(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  /**
   * Parses the bytes of a {@code config.json}.
   *
   * @throws ModelException naming the field
   */
  static ModelConfig parse(byte[] json, Path file) {
    JsonNode root;
    try {
      root = CheckedJson.tree(json);
    } catch (IOException e) {
      throw new ModelException.Malformed(file, null, CheckedJson.reason(e), e);
    }
    if (root == null || !root.isObject()) {
      throw new ModelException.Malformed(file, null, "is not a JSON object");
    }
    return new HfConfig(file, root).config();
  }

  private ModelConfig config() {
    refuseVariants();
    int hidden = required("hidden_size");
    int heads = required("num_attention_heads");
    try {
      return new ModelConfig(
          hidden,
          required("num_hidden_layers"),
          heads,
          integer("num_key_value_heads", heads),
          present(root, "head_dim") ? required("head_dim") : headDim(hidden, heads),
          required("intermediate_size"),
          required("vocab_size"),
          (float) number(root, "rms_norm_eps", 1e-6),
          ropeTheta(),
          integer("max_position_embeddings", 2048),
          tokenId("bos_token_id", 1),
          tokenId("eos_token_id", 2),
          bool("tie_word_embeddings"));
    } catch (IllegalArgumentException e) {
      throw new ModelException.Malformed(file, null, String.valueOf(e.getMessage()), e);
    }
  }

  private void refuseVariants() {
    JsonNode architectures = root.path("architectures");
    if (architectures.isArray() && !architectures.isEmpty()) {
      if (!architectures.get(0).asText().equals(ARCHITECTURE)) {
        throw unsupported("architectures", "is " + architectures + "; only " + ARCHITECTURE);
      }
    }
    String type = text(root, "model_type");
    if (!"llama".equals(type)) {
      throw unsupported("model_type", "is \"" + type + "\"; only \"llama\" is run");
    }
    String activation = text(root, "hidden_act");
    if (activation != null && !activation.equals("silu")) {
      throw unsupported("hidden_act", "is \"" + activation + "\"; only \"silu\" is run");
    }
    for (String bias : List.of("attention_bias", "mlp_bias")) {
      if (bool(bias)) {
        throw unsupported(bias, "is true; only layers without biases are run");
      }
    }
    if (present(root, "quantization_config")) {
      throw unsupported(
          "quantization_config",
          "the checkpoint is quantized; take the original one and --quantize q4");
    }
    refuseFractionalRotation(root);
  }

  private void refuseFractionalRotation(JsonNode node) {
    if (number(node, "partial_rotary_factor", 1) != 1) {
      throw unsupported("partial_rotary_factor", "is not 1; only whole heads are rotated");
    }
  }

  /** The base frequency, from the top level or nested; refuses any scaling of positions. */
  private double ropeTheta() {
    Double theta = present(root, "rope_theta") ? number(root, "rope_theta", Double.NaN) : null;
    for (String field : ROPE_FIELDS) {
      if (!present(root, field)) {
        continue;
      }
      JsonNode rope = root.get(field);
      if (!rope.isObject()) {
        throw malformed(field, "is not an object");
      }
      refuseScaling(field, rope);
      if (present(rope, "rope_theta")) {
        double nested = number(rope, "rope_theta", Double.NaN);
        if (theta != null && theta != nested) {
          throw malformed("rope_theta", "is stated twice: " + theta + " and " + nested);
        }
        theta = nested;
      }
    }
    return theta == null ? 10000 : theta;
  }

  private void refuseScaling(String field, JsonNode rope) {
    for (String typeField : List.of("rope_type", "type")) {
      String type = text(rope, typeField);
      if (type != null && !type.equals("default")) {
        throw unsupported(field, "is \"" + type + "\"; only plain RoPE (\"default\") is run");
      }
    }
    if (present(rope, "factor") && number(rope, "factor", 1) != 1) {
      throw unsupported(field, "has a factor; only plain RoPE is run");
    }
    refuseFractionalRotation(rope);
    for (JsonNode child : rope) {
      if (child.isObject()) {
        throw unsupported(field, "differs between layers; only one base for all is run");
      }
    }
  }

  private int tokenId(String field, int fallback) {
    JsonNode value = root.path(field);
    if (value.isArray()) {
      if (value.size() != 1) {
        throw unsupported(field, "lists " + value.size() + " ids; one is read");
      }
      return toInt(field, value.get(0));
    }
    return integer(field, fallback);
  }

  private int headDim(int hidden, int heads) {
    if (heads <= 0 || hidden % heads != 0) {
      throw malformed("num_attention_heads", heads + " heads do not divide a width of " + hidden);
    }
    return hidden / heads;
  }

  private int required(String field) {
    if (!present(root, field)) {
      throw malformed(field, "is missing");
    }
    return toInt(field, root.get(field));
  }

  private int integer(String field, int fallback) {
    return present(root, field) ? required(field) : fallback;
  }

  private int toInt(String field, JsonNode value) {
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw malformed(field, "must be an integer below 2^31, is " + excerpt(value));
    }
    return value.intValue();
  }

  private double number(JsonNode node, String field, double fallback) {
    if (!present(node, field)) {
      return fallback;
    }
    JsonNode value = node.get(field);
    if (!value.isNumber()) {
      throw malformed(field, "must be a number, is " + excerpt(value));
    }
    return value.doubleValue();
  }

  private boolean bool(String field) {
    if (!present(root, field)) {
      return false;
    }
    JsonNode value = root.get(field);
    if (!value.isBoolean()) {
      throw malformed(field, "must be true or false, is " + excerpt(value));
    }
    return value.booleanValue();
  }

  private @Nullable String text(JsonNode node, String field) {
    if (!present(node, field)) {
      return null;
    }
    JsonNode value = node.get(field);
    if (!value.isTextual()) {
      throw malformed(field, "must be a string, is " + excerpt(value));
    }
    return value.textValue();
  }

  private static boolean present(JsonNode node, String field) {
    return node.hasNonNull(field);
  }

  private static String excerpt(JsonNode value) {
    String text = value.toString();
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }

  private ModelException malformed(String field, String reason) {
    return new ModelException.Malformed(file, field, reason);
  }

  private ModelException unsupported(String field, String reason) {
    return new ModelException.Unsupported(file, field, reason);
  }
}
