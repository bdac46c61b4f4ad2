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
    try {
      config = HfConfig.parse(bytes, FILE);
    } catch (ModelException refused) {
      return;
    }
    assertThat(config.queryWidth()).isPositive().isLessThanOrEqualTo(ModelConfig.MAX_WIDTH);
    assertThat(config.layers()).isBetween(1, ModelConfig.MAX_LAYERS);
  }
}
