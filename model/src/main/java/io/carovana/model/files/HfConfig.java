package io.carovana.model.files;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.model.config.ModelConfig;
import java.util.List;

/**
 * Reads {@code config.json} of a Hugging Face Llama; defaults are those of transformers'
 * LlamaConfig. What changes the computation in a way Carovana does not run is refused by name.
 */
final class HfConfig {
  private static final String ARCHITECTURE = "LlamaForCausalLM";
  private static final List<String> ROPE_FIELDS = List.of("rope_parameters", "rope_scaling");

  private final JsonFields root;

  private HfConfig(JsonFields root) {
    this.root = root;
  }

  /**
   * The model's shape.
   *
   * @throws ModelException naming the field
   */
  static ModelConfig of(JsonFields root) {
    return new HfConfig(root).config();
  }

  private ModelConfig config() {
    refuseVariants();
    int hidden = root.required("hidden_size");
    int heads = root.required("num_attention_heads");
    try {
      return new ModelConfig(
          hidden,
          root.required("num_hidden_layers"),
          heads,
          root.integer("num_key_value_heads", heads),
          root.present("head_dim") ? root.required("head_dim") : headDim(hidden, heads),
          root.required("intermediate_size"),
          root.required("vocab_size"),
          (float) root.number("rms_norm_eps", 1e-6),
          ropeTheta(),
          root.integer("max_position_embeddings", 2048),
          tokenId("bos_token_id", 1),
          tokenId("eos_token_id", 2),
          root.bool("tie_word_embeddings"));
    } catch (IllegalArgumentException e) {
      throw new ModelException.Malformed(root.file(), null, String.valueOf(e.getMessage()), e);
    }
  }

  private void refuseVariants() {
    JsonNode architectures = root.node().path("architectures");
    if (architectures.isArray() && !architectures.isEmpty()) {
      if (!architectures.get(0).asText().equals(ARCHITECTURE)) {
        throw root.unsupported("architectures", "is " + architectures + "; only " + ARCHITECTURE);
      }
    }
    String type = root.text("model_type");
    if (!"llama".equals(type)) {
      throw root.unsupported("model_type", "is \"" + type + "\"; only \"llama\" is run");
    }
    String activation = root.text("hidden_act");
    if (activation != null && !activation.equals("silu")) {
      throw root.unsupported("hidden_act", "is \"" + activation + "\"; only \"silu\" is run");
    }
    for (String bias : List.of("attention_bias", "mlp_bias")) {
      if (root.bool(bias)) {
        throw root.unsupported(bias, "is true; only layers without biases are run");
      }
    }
    refuseFractionalRotation(root);
  }

  private static void refuseFractionalRotation(JsonFields fields) {
    if (fields.number("partial_rotary_factor", 1) != 1) {
      throw fields.unsupported("partial_rotary_factor", "is not 1; only whole heads are rotated");
    }
  }

  /** The base frequency, from the top level or nested; refuses any scaling of positions. */
  private double ropeTheta() {
    Double theta = root.present("rope_theta") ? root.number("rope_theta", Double.NaN) : null;
    for (String field : ROPE_FIELDS) {
      if (!root.present(field)) {
        continue;
      }
      JsonFields rope = root.object(field);
      refuseScaling(field, rope);
      if (rope.present("rope_theta")) {
        double nested = rope.number("rope_theta", Double.NaN);
        if (theta != null && theta != nested) {
          throw root.malformed("rope_theta", "is stated twice: " + theta + " and " + nested);
        }
        theta = nested;
      }
    }
    return theta == null ? 10000 : theta;
  }

  private static void refuseScaling(String field, JsonFields rope) {
    for (String typeField : List.of("rope_type", "type")) {
      String type = rope.text(typeField);
      if (type != null && !type.equals("default")) {
        throw rope.unsupported(field, "is \"" + type + "\"; only plain RoPE (\"default\") is run");
      }
    }
    if (rope.present("factor") && rope.number("factor", 1) != 1) {
      throw rope.unsupported(field, "has a factor; only plain RoPE is run");
    }
    refuseFractionalRotation(rope);
    for (JsonNode child : rope.node()) {
      if (child.isObject()) {
        throw rope.unsupported(field, "differs between layers; only one base for all is run");
      }
    }
  }

  private int tokenId(String field, int fallback) {
    JsonNode value = root.node().path(field);
    if (value.isArray()) {
      if (value.size() != 1) {
        throw root.unsupported(field, "lists " + value.size() + " ids; one is read");
      }
      return root.toInt(field, value.get(0));
    }
    return root.integer(field, fallback);
  }

  private int headDim(int hidden, int heads) {
    if (heads <= 0 || hidden % heads != 0) {
      throw root.malformed(
          "num_attention_heads", heads + " heads do not divide a width of " + hidden);
    }
    return hidden / heads;
  }
}
