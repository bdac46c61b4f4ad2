package io.carovana.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.Numerics;
import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.Int4Layout;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.WeightType;
import io.carovana.model.memory.RankMemory;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.testing.Int4Checkpoint;
import io.carovana.model.testing.SyntheticModel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A loaded shard holds what the memory arithmetic said before it was loaded. */
class ResidentBytesTest {
  private static final int PAGES = 3;

  @TempDir Path folder;

  private static void checkAllRanks(
      Path path, int stages, int ranks, Precision precision, double tolerance) {
    try (ModelFiles files = ModelFiles.open(path)) {
      ShardPlan plan = ShardPlan.even(files.config(), stages, ranks);
      ShardOptions options = new ShardOptions(1, PAGES, 8, 1, precision, "scalar", 0, "test");
      for (ShardPlan.RankShard shard : plan.ranks()) {
        RankMemory memory = RankMemory.of(files, plan, shard, precision, 8);
        long foreseen = memory.weights() + memory.kvBytes(PAGES * Numerics.KV_PAGE_TOKENS);
        try (CpuShard loaded = ShardLoader.load(files, plan, shard, options, LoadProgress.SILENT)) {
          assertThat(foreseen)
              .as("rank %s", shard)
              .isGreaterThanOrEqualTo(loaded.residentBytes())
              .isLessThanOrEqualTo((long) (loaded.residentBytes() * (1 + tolerance)));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = WeightType.class, mode = Mode.EXCLUDE, names = "I32")
  void foreseesEveryTypeToTheByte(WeightType type) {
    ModelConfig config = SyntheticModel.TINY;
    checkAllRanks(
        SyntheticModel.gguf(folder.resolve("m.gguf"), config, type, 1),
        2,
        1,
        Precision.AS_STORED,
        0);
  }

  /** Cuts inside a super-block leave part of it out, which the arithmetic rounds up. */
  @ParameterizedTest
  @EnumSource(value = WeightType.class, mode = Mode.EXCLUDE, names = "I32")
  void foreseesCutsThroughSuperBlocksClosely(WeightType type) {
    ModelConfig config = SyntheticModel.TINY;
    checkAllRanks(
        SyntheticModel.gguf(folder.resolve("m.gguf"), config, type, 1),
        1,
        2,
        Precision.AS_STORED,
        0.1);
  }

  @ParameterizedTest
  @EnumSource(Quantization.class)
  void foreseesOwnFormatsToTheByte(Quantization quantization) {
    ModelConfig config = SyntheticModel.ODD;
    checkAllRanks(
        SyntheticModel.huggingFace(folder.resolve("m"), config, WeightType.F16, 1, 1),
        1,
        3,
        new Precision(quantization, KvProfile.F32),
        0);
  }

  @ParameterizedTest
  @CsvSource({"GPTQ, true", "GPTQ, false", "AWQ, true", "AWQ, false"})
  void foreseesFourBitCodesToTheByte(Int4Layout layout, boolean symmetric) {
    Int4Checkpoint checkpoint = Int4Checkpoint.random(SyntheticModel.ODD, layout, 32, symmetric, 1);
    checkAllRanks(checkpoint.write(folder.resolve("m")), 1, 3, Precision.AS_STORED, 0);
  }

  @ParameterizedTest
  @EnumSource(KvProfile.class)
  void foreseesTheKvCacheToTheByte(KvProfile kv) {
    checkAllRanks(
        SyntheticModel.gguf(folder.resolve("m.gguf"), SyntheticModel.ODD, WeightType.Q4_0, 1),
        2,
        3,
        new Precision(Quantization.NONE, kv),
        0);
  }

  @Test
  void refusesToQuantizeWhatIsQuantized() {
    Path path =
        SyntheticModel.gguf(folder.resolve("m.gguf"), SyntheticModel.TINY, WeightType.Q4_0, 1);
    assertThatThrownBy(
            () -> checkAllRanks(path, 1, 1, new Precision(Quantization.Q4, KvProfile.F32), 0))
        .isInstanceOf(ModelException.Unsupported.class)
        .hasMessageContaining("Q4_0 already");
    Path awq =
        Int4Checkpoint.random(SyntheticModel.TINY, Int4Layout.AWQ, 128, true, 1)
            .write(folder.resolve("awq"));
    assertThatThrownBy(
            () -> checkAllRanks(awq, 1, 1, new Precision(Quantization.Q8, KvProfile.F32), 0))
        .isInstanceOf(ModelException.Unsupported.class)
        .hasMessageContaining("self_attn.q_proj.qweight: is stored as AWQ already");
  }
}
