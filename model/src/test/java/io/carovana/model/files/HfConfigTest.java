package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.testing.SyntheticModel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What config.json may say, and what is refused with the field's name. */
class HfConfigTest {
  private static final String PLAIN = SyntheticModel.configJson(SyntheticModel.TINY);

  private static ModelConfig parse(String json) {
    return HfConfig.of(
        JsonFields.parse(json.getBytes(StandardCharsets.UTF_8), Path.of("config.json")));
  }

  /** The plain config with one more field. */
  private static String with(String field) {
    return PLAIN.stripTrailing().replaceAll("\\}$", "," + field + "}");
  }

  @Test
  void readsThePlainForm() {
    assertThat(parse(PLAIN)).isEqualTo(SyntheticModel.TINY);
  }

  @Test
  void readsANestedBaseFrequency() {
    String nested =
        PLAIN.replace(
            "\"rope_theta\": 1000000.0",
            "\"rope_parameters\": {\"rope_theta\": 1000000.0, \"rope_type\": \"default\"}");
    assertThat(parse(nested)).isEqualTo(SyntheticModel.TINY);
  }

  @Test
  void takesTheDefaultsOfTransformers() {
    ModelConfig config =
        parse(
            """
            {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2,
             "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100,
             "rope_scaling": null, "head_dim": null}
            """);
    assertThat(config)
        .isEqualTo(new ModelConfig(64, 2, 4, 4, 16, 128, 100, 1e-6f, 1e4, 2048, 1, 2, false));
  }

  @Test
  void takesAListOfOneEndToken() {
    assertThat(parse(PLAIN.replace("\"eos_token_id\": 2", "\"eos_token_id\": [7]")).eosId())
        .isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'rope_scaling':{'type':'linear','factor':4.0} | rope_scaling | linear",
        "'rope_scaling':{'rope_type':'llama3'} | rope_scaling | llama3",
        "'rope_scaling':{'factor':2} | rope_scaling | factor",
        "'rope_parameters':{'full':{'rope_theta':1}} | rope_parameters | between layers",
        "'attention_bias':true | attention_bias | biases",
        "'mlp_bias':true | mlp_bias | biases",
        "'hidden_act':'gelu' | hidden_act | gelu",
        "'partial_rotary_factor':0.5 | partial_rotary_factor | whole heads",
      })
  void refusesOtherComputationsByName(String field, String subject, String words) {
    assertThatThrownBy(() -> parse(with(field.replace('\'', '"'))))
        .isInstanceOf(ModelException.Unsupported.class)
        .hasMessageContainingAll(subject, words);
  }

  @Test
  void refusesOtherArchitecturesByName() {
    assertThatThrownBy(() -> parse(PLAIN.replace("LlamaForCausalLM", "MistralForCausalLM")))
        .isInstanceOf(ModelException.Unsupported.class)
        .hasMessageContaining("MistralForCausalLM");
    assertThatThrownBy(() -> parse(PLAIN.replace("\"llama\"", "\"gemma\"")))
        .isInstanceOf(ModelException.Unsupported.class)
        .hasMessageContaining("gemma");
    assertThatThrownBy(
            () -> parse(PLAIN.replace("\"eos_token_id\": 2", "\"eos_token_id\": [2, 3]")))
        .isInstanceOf(ModelException.Unsupported.class)
        .hasMessageContaining("eos_token_id");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
        "vocab_size"
      })
  void refusesMissingAndImpossibleSizes(String field) {
    for (String value :
        new String[] {"0", "-1", "2147483647", "4294967296", "1.5", "\"8\"", "[]"}) {
      String json = PLAIN.replaceFirst("\"" + field + "\": \\d+", "\"" + field + "\": " + value);
      assertThat(json).isNotEqualTo(PLAIN);
      assertThatThrownBy(() -> parse(json))
          .as("%s = %s", field, value)
          .isInstanceOf(ModelException.Malformed.class);
    }
    String missing = PLAIN.replaceFirst("\"" + field + "\": \\d+,", "");
    assertThatThrownBy(() -> parse(missing))
        .isInstanceOf(ModelException.Malformed.class)
        .hasMessageContaining(field);
  }

  @Test
  void refusesContradictions() {
    assertThatThrownBy(() -> parse(with("\"rope_parameters\":{\"rope_theta\":5}")))
        .isInstanceOf(ModelException.Malformed.class)
        .hasMessageContaining("stated twice");
    assertThatThrownBy(() -> parse(with("\"hidden_size\":256")))
        .isInstanceOf(ModelException.Malformed.class)
        .hasMessageContaining("uplicate");
    assertThatThrownBy(
            () -> parse(PLAIN.replace("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3")))
        .isInstanceOf(ModelException.Malformed.class)
        .hasMessageContaining("num_key_value_heads");
    assertThatThrownBy(() -> parse(PLAIN.replace("\"eos_token_id\": 2", "\"eos_token_id\": 512")))
        .isInstanceOf(ModelException.Malformed.class)
        .hasMessageContaining("eos_token_id");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "[]", "{", "{}x", "{\"a\":", "\u0000"})
  void refusesWhatIsNoJsonObject(String json) {
    assertThatThrownBy(() -> parse(json)).isInstanceOf(ModelException.class);
  }

  @Test
  void refusesDepthBombs() {
    String bomb = with("\"x\":" + "[".repeat(5000) + "]".repeat(5000));
    assertThatThrownBy(() -> parse(bomb)).isInstanceOf(ModelException.Malformed.class);
  }
}
