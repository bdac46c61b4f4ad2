package io.carovana.model.files;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.memory.RankMemory;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.testing.Int4Checkpoint;
import io.carovana.model.testing.SyntheticModel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Published sizes of Code Llama, and shapes against files that have the same. */
class ShapeOnlyTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "codellama-7b, 6738546688, 1048576",
    "codellama-13b, 13016028160, 1638400",
    "codellama-34b, 33743970304, 393216",
    "codellama-70b, 68976910336, 655360"
  })
  void shapesHaveThePublishedParametersAndKv(String id, long parameters, long kvPerToken) {
    ModelConfig config = requireNonNull(PublishedShape.ofId(id)).config();
    ShapeOnly shape = new ShapeOnly(id, config, StorageFormat.BF16);
    assertThat(tensors(shape).stream().mapToLong(ModelTensor::elements).sum())
        .isEqualTo(parameters);
    assertThat(RankMemory.kvPerToken(config, KvProfile.F32)).isEqualTo(kvPerToken);
  }

  /** Sizes in GB that hosts of GGUF files list for Code Llama. */
  @ParameterizedTest
  @CsvSource({
    "codellama-7b, q4_0, 3.83",
    "codellama-7b, q4_k_m, 4.08",
    "codellama-7b, q5_k_m, 4.78",
    "codellama-7b, q6_k, 5.53",
    "codellama-7b, q8_0, 7.16",
    "codellama-13b, q4_k_m, 7.87",
    "codellama-34b, q4_k_m, 20.22",
    "codellama-34b, q5_k_m, 23.84",
    "codellama-70b, q4_k_m, 41.42"
  })
  void formatsHaveThePublishedSizes(String id, String format, double gigabytes) {
    StorageFormat stored = requireNonNull(StorageFormat.ofId(format));
    ShapeOnly shape = new ShapeOnly(id, requireNonNull(PublishedShape.ofId(id)).config(), stored);
    long bytes = tensors(shape).stream().mapToLong(ModelTensor::storedBytes).sum();
    assertThat(bytes / 1e9).isCloseTo(gigabytes, withinPercentage(0.2));
  }

  @Test
  void formatsAreFoundByTheNamesPeopleUse() {
    assertThat(StorageFormat.ofId("Q4_K_M")).isEqualTo(StorageFormat.Q4_K_M);
    assertThat(StorageFormat.ofId("q4_k")).isEqualTo(StorageFormat.Q4_K_M);
    assertThat(StorageFormat.ofId("q4")).isNull();
    assertThat(PublishedShape.ofId("codellama-35b")).isNull();
  }

  @ParameterizedTest
  @EnumSource(Quantization.class)
  void aShapeTakesWhatFilesOfItTake(Quantization quantization) {
    Path path = SyntheticModel.huggingFace(folder, SyntheticModel.TINY, WeightType.BF16, 1, 1);
    assertSameMemory(path, StorageFormat.BF16, quantization);
  }

  @ParameterizedTest
  @CsvSource({"GPTQ, true", "AWQ, false"})
  void aShapeOf4BitCodesTakesWhatFilesOfItTake(StorageFormat format, boolean symmetric) {
    Int4Layout layout = Int4Layout.valueOf(format.name());
    Path path = Int4Checkpoint.random(SyntheticModel.TINY, layout, 128, symmetric, 1).write(folder);
    assertSameMemory(path, format, Quantization.NONE);
  }

  private static void assertSameMemory(Path path, StorageFormat format, Quantization quantization) {
    Precision precision = new Precision(quantization, KvProfile.Q8);
    try (ModelFiles files = ModelFiles.open(path)) {
      ShapeOnly shape = new ShapeOnly("shape", files.config(), format);
      ShardPlan plan = ShardPlan.of(files.config(), List.of(new double[] {1, 1}));
      for (ShardPlan.RankShard rank : plan.ranks()) {
        assertThat(RankMemory.of(shape, plan, rank, precision, 16))
            .isEqualTo(RankMemory.of(files, plan, rank, precision, 16));
      }
    }
  }

  private static List<ModelTensor> tensors(ShapeOnly shape) {
    ShardPlan plan = ShardPlan.even(shape.config(), 1, 1);
    return TensorSlice.of(shape.config(), plan.ranks().getFirst()).stream()
        .map(slice -> shape.tensor(slice.part(), slice.layer()))
        .toList();
  }
}
