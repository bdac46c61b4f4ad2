package io.carovana.worker.reference;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.WeightType;
import io.carovana.model.quant.Quantization;
import io.carovana.model.testing.DemoTokenizer;
import io.carovana.model.testing.SyntheticModel;
import java.nio.file.Path;

/** The models whose logits are compared with the reference. */
enum ReferenceModel {
  DEMO,
  F32,
  OWN_Q4,
  OWN_Q8,
  Q4_0,
  Q8_0,
  Q4_K,
  Q5_K,
  Q6_K;

  /** Grouped-query with head width 20 and a feed-forward width that no unit divides. */
  private static final ModelConfig ODD_FLOAT =
      new ModelConfig(120, 3, 6, 2, 20, 203, 300, 1e-5f, 1e6, 16384, 1, 2, false);

  private static final long SEED = 4242;

  /** Opens it, writing it to {@code folder} where it is not part of the repository. */
  ModelFiles open(Path folder) {
    return ModelFiles.open(write(folder));
  }

  /** Where it is. */
  Path write(Path folder) {
    return switch (this) {
      case DEMO -> DemoTokenizer.file().resolveSibling("");
      case F32 ->
          SyntheticModel.huggingFace(folder.resolve("f32"), ODD_FLOAT, WeightType.F32, SEED, 1);
      case OWN_Q4, OWN_Q8 ->
          SyntheticModel.huggingFace(
              folder.resolve("own"), SyntheticModel.TINY, WeightType.F32, SEED, 1);
      case Q4_0, Q8_0, Q4_K, Q5_K, Q6_K ->
          SyntheticModel.gguf(
              folder.resolve(name() + ".gguf"),
              SyntheticModel.TINY,
              WeightType.valueOf(name()),
              SEED);
    };
  }

  /** Whether matrices see rounded inputs. */
  boolean quantized() {
    return this != DEMO && this != F32;
  }

  Quantization quantization() {
    return switch (this) {
      case OWN_Q4 -> Quantization.Q4;
      case OWN_Q8 -> Quantization.Q8;
      default -> Quantization.NONE;
    };
  }
}
