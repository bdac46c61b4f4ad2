package io.carovana.model.files;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.testing.Int4Checkpoint;
import io.carovana.model.testing.SyntheticModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the seed inputs of the fuzz tests; see docs/fuzzing.md for the command. */
final class FuzzSeeds {
  /** The smallest shape of whole blocks of 32. */
  private static final ModelConfig BLOCKS =
      new ModelConfig(32, 1, 2, 1, 16, 32, 32, 1e-5f, 1e6, 512, 1, 2, false);

  /** Nearly all header. */
  private static final ModelConfig SMALLEST =
      new ModelConfig(4, 1, 2, 1, 2, 4, 4, 1e-5f, 1e6, 512, 1, 2, false);

  /** The smallest shape of whole words of eight codes. */
  static final ModelConfig EIGHTS =
      new ModelConfig(8, 1, 2, 1, 8, 8, 8, 1e-5f, 1e6, 512, 1, 2, false);

  private FuzzSeeds() {}

  /**
   * @param args the folder {@code model/src/test/resources}
   */
  public static void main(String[] args) throws IOException {
    Path inputs = Path.of(args[0], "io", "carovana", "model", "files");
    Path gguf = Files.createDirectories(inputs.resolve("GgufFuzzTestInputs").resolve("header"));
    SyntheticModel.gguf(gguf.resolve("seed-Q4_0.gguf"), BLOCKS, WeightType.Q4_0, 1);
    SyntheticModel.gguf(gguf.resolve("seed-F16.gguf"), SMALLEST, WeightType.F16, 1);
    Path safetensors =
        Files.createDirectories(inputs.resolve("SafetensorsFuzzTestInputs").resolve("header"));
    Path config = Files.createDirectories(inputs.resolve("ConfigFuzzTestInputs").resolve("config"));
    Path folder = Files.createTempDirectory("seeds");
    for (WeightType type : new WeightType[] {WeightType.F32, WeightType.BF16}) {
      SyntheticModel.huggingFace(folder, SMALLEST, type, 1, 1);
      Files.write(
          safetensors.resolve("seed-" + type + ".safetensors"),
          Files.readAllBytes(folder.resolve("model.safetensors")));
    }
    Files.writeString(config.resolve("seed-plain.json"), SyntheticModel.configJson(SMALLEST));
    for (Int4Layout layout : Int4Layout.values()) {
      Int4Checkpoint int4 = Int4Checkpoint.random(EIGHTS, layout, -1, true, 1);
      Files.writeString(config.resolve("seed-" + layout + ".json"), int4.configJson());
      Files.write(
          safetensors.resolve("seed-" + layout + ".safetensors"),
          Files.readAllBytes(int4.write(folder).resolve("model.safetensors")));
    }
    Files.writeString(
        config.resolve("seed-nested.json"),
        SyntheticModel.configJson(SMALLEST)
            .replace(
                "\"rope_theta\": 1000000.0",
                "\"rope_parameters\": {\"rope_theta\": 1e6, \"rope_type\": \"default\"}"));
  }
}
