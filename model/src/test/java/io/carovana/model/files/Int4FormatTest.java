package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a config says of quantized matrices, and what of it is refused by name. */
class Int4FormatTest {
  private static @Nullable Int4Format of(String json) {
    byte[] bytes = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return Int4Format.of(JsonFields.parse(bytes, Path.of("config.json")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'quant_method':'gptq','bits':4,'group_size':128 | GPTQ | 128",
        "'quant_method':'gptq','bits':4,'group_size':-1,'checkpoint_format':'gptq' | GPTQ | -1",
        "'quant_method':'gptq','bits':4,'group_size':32,'checkpoint_format':'gptq_v2' | GPTQ_V2 | 32",
        "'quant_method':'gptq','bits':4,'group_size':64,'format':'gptq_v2' | GPTQ_V2 | 64",
        "'quant_method':'gptq','bits':4,'group_size':1024,'pack_dtype':'int32' | GPTQ | 1024",
        "'quant_method':'awq','bits':4,'group_size':128 | AWQ | 128",
        "'quant_method':'awq','w_bit':4,'q_group_size':64,'version':'GEMM' | AWQ | 64"
      })
  void readsWhatPeopleHave(String fields, Int4Layout layout, int groupSize) {
    assertThat(of("{'quantization_config':{" + fields + "}}"))
        .isEqualTo(new Int4Format(layout, groupSize, false, Path.of("config.json")));
  }

  @Test
  void aConfigWithoutItSaysNothing() {
    assertThat(of("{'hidden_size':8}")).isNull();
    assertThat(of("{'quantization_config':null}")).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'quant_method':'bitsandbytes' | bitsandbytes | --quantize q4",
        "'quant_method':'fp8' | fp8 | original checkpoint",
        "'quant_method':'gptq','bits':8,'group_size':128 | bits | 8",
        "'quant_method':'gptq','bits':3,'group_size':128 | bits | 3",
        "'quant_method':'gptq','bits':4,'group_size':100 | group_size | 100",
        "'quant_method':'gptq','bits':4,'group_size':0 | group_size | is 0",
        "'quant_method':'gptq','bits':4,'group_size':-2 | group_size | is -2",
        "'quant_method':'gptq','bits':4,'group_size':128,'checkpoint_format':'marlin'"
            + " | checkpoint_format | marlin",
        "'quant_method':'gptq','bits':4,'group_size':128,'is_marlin_format':true"
            + " | is_marlin_format | gptq_v2",
        "'quant_method':'gptq','bits':4,'group_size':128,'pack_dtype':'int16' | pack_dtype | int16",
        "'quant_method':'awq','bits':4,'group_size':128,'version':'gemv' | version | gemm",
        "'quant_method':'awq','bits':4,'group_size':128,'version':'exllama' | version | exllama",
        "'quant_method':'awq','bits':4,'group_size':128,'version':'marlin' | version | marlin"
      })
  void refusesOthersByName(String fields, String subject, String words) {
    assertThatThrownBy(() -> of("{'quantization_config':{" + fields + "}}"))
        .isInstanceOf(ModelException.Unsupported.class)
        .hasMessageContainingAll("config.json", subject, words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | quant_method",
        "[] | not an object",
        "{'quant_method':7} | must be a string",
        "{'quant_method':'gptq','group_size':128} | bits: is missing",
        "{'quant_method':'gptq','bits':'4','group_size':128} | bits: must be an integer",
        "{'quant_method':'gptq','bits':4} | group_size: is missing",
        "{'quant_method':'gptq','bits':4,'group_size':128,'desc_act':1} | desc_act: must be true"
      })
  void refusesMalformedOnes(String config, String words) {
    assertThatThrownBy(() -> of("{'quantization_config':" + config + "}"))
        .isInstanceOf(ModelException.Malformed.class)
        .hasMessageContaining(words);
  }
}
