package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.testing.SyntheticModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The digest follows what the model is, not how its files are cut. */
class ModelDigestTest {
  @TempDir Path folder;

  private static String digest(Path path) {
    try (ModelFiles model = ModelFiles.open(path)) {
      return ModelDigest.of(model);
    }
  }

  private Path huggingFace(String name, long seed, int shards) {
    return SyntheticModel.huggingFace(
        folder.resolve(name), SyntheticModel.TINY, WeightType.BF16, seed, shards);
  }

  @Test
  void doesNotDependOnSharding() {
    assertThat(digest(huggingFace("one", 1, 1)))
        .hasSize(64)
        .isEqualTo(digest(huggingFace("three", 1, 3)));
  }

  @Test
  void followsWeightsConfigAndType() throws IOException {
    Path plain = huggingFace("plain", 1, 1);
    String digest = digest(plain);
    assertThat(digest(huggingFace("other", 2, 1))).isNotEqualTo(digest);
    Path gguf =
        SyntheticModel.gguf(folder.resolve("m.gguf"), SyntheticModel.TINY, WeightType.BF16, 1);
    assertThat(digest(gguf)).isNotEqualTo(digest);
    Path config = plain.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("1000000.0", "10000.0"));
    assertThat(digest(plain)).isNotEqualTo(digest);
  }

  @Test
  void seesABitFlippedAtTheEndsOfAnyTensor() throws IOException {
    Path model = huggingFace("flip", 1, 1);
    String digest = digest(model);
    Path weights = model.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    try (ModelFiles files = ModelFiles.open(model)) {
      for (ModelTensor each : files.tensors()) {
        TensorInfo tensor = (TensorInfo) each;
        for (long at : new long[] {tensor.offset(), tensor.offset() + tensor.byteLength() - 1}) {
          bytes[(int) at] ^= 1;
          Files.write(weights, bytes);
          assertThat(digest(model)).as("%s at %d", tensor.name(), at).isNotEqualTo(digest);
          bytes[(int) at] ^= 1;
        }
      }
    }
  }
}
