package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carovana.model.config.ModelConfig;
import java.nio.file.Path;

/** Any bytes are a sound config.json or a typed refusal; see docs/fuzzing.md. */
class ConfigFuzzTest {
  private static final Path FILE = Path.of("config.json");

  @FuzzTest(maxDuration = "12m")
  void config(byte[] bytes) {
    ModelConfig config;
    Int4Format format;
    try {
      JsonFields fields = JsonFields.parse(bytes, FILE);
      config = HfConfig.of(fields);
      format = Int4Format.of(fields);
    } catch (ModelException refused) {
      return;
    }
    assertThat(config.queryWidth()).isPositive().isLessThanOrEqualTo(ModelConfig.MAX_WIDTH);
    assertThat(config.layers()).isBetween(1, ModelConfig.MAX_LAYERS);
    assertThat(format == null || format.groupSize() == -1 || format.groupSize() >= 32).isTrue();
  }
}
