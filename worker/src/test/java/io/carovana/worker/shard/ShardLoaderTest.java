package io.carovana.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorSlice;
import io.carovana.model.files.WeightType;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.shard.ShardPlan.RankShard;
import io.carovana.model.testing.SyntheticModel;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ShardLoaderTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(
      value = WeightType.class,
      names = {"F32", "Q4_0", "Q6_K"})
  void readsExactlyItsSlicesAndDigestsThem(WeightType type) throws Exception {
    ModelConfig config = SyntheticModel.TINY;
    try (ModelFiles files = open(config, type)) {
      ShardPlan plan = ShardPlan.even(config, 2, 2);
      for (RankShard rank : plan.ranks()) {
        List<Long> seen = new ArrayList<>();
        long expected = ShardLoader.fileBytes(files, rank);
        try (CpuShard shard =
            ShardLoader.load(
                files,
                plan,
                rank,
                TestPlans.options(2, "auto"),
                (done, total) -> {
                  assertThat(total).isEqualTo(expected);
                  seen.add(done);
                })) {
          assertThat(seen).isSorted().last().isEqualTo(expected);
          List<TensorSlice> slices = TensorSlice.of(config, rank);
          assertThat(shard.digests()).hasSameSizeAs(slices);
          for (int i = 0; i < slices.size(); i++) {
            assertDigest(files, slices.get(i), shard.digests().get(i));
          }
        }
      }
    }
  }

  @Test
  void quantizingReadsEachRowOnceAndHoldsLess() {
    ModelConfig config = SyntheticModel.TINY;
    try (ModelFiles files = open(config, WeightType.F32)) {
      ShardPlan plan = ShardPlan.even(config, 1, 1);
      RankShard rank = plan.ranks().getFirst();
      long[] read = new long[1];
      ShardOptions plain = TestPlans.options(1, "auto");
      ShardOptions q4 =
          new ShardOptions(
              1,
              plain.kvPages(),
              plain.maxStepTokens(),
              2,
              weights(Quantization.Q4),
              "auto",
              0,
              "q4");
      try (CpuShard stored = ShardLoader.load(files, plan, rank, plain, LoadProgress.SILENT);
          CpuShard quantized =
              ShardLoader.load(files, plan, rank, q4, (done, total) -> read[0] = done)) {
        assertThat(read[0]).isEqualTo(ShardLoader.fileBytes(files, rank));
        assertThat(quantized.residentBytes()).isLessThan(stored.residentBytes());
        assertThat(quantized.digests().getLast().sha256())
            .isEqualTo(stored.digests().getLast().sha256());
      }
    }
  }

  @Test
  void blocksThatStraddleHeadGroupsAreRefusedByName() {
    ModelConfig narrow = new ModelConfig(64, 1, 4, 4, 16, 64, 64, 1e-5f, 1e6, 16384, 1, 2, false);
    ShardPlan plan = ShardPlan.even(narrow, 1, 1);
    try (ModelFiles files = open(narrow, WeightType.Q4_0)) {
      assertThatThrownBy(() -> load(files, plan, Quantization.NONE))
          .isInstanceOf(ModelException.Unsupported.class)
          .hasMessageContaining("blk.0.attn_output.weight")
          .hasMessageContaining("a leaf ends at column 16, inside a block of 32");
    }
    try (ModelFiles files = open(narrow, WeightType.F32)) {
      assertThatThrownBy(() -> load(files, plan, Quantization.Q8))
          .isInstanceOf(ModelException.Unsupported.class)
          .hasMessageContaining("o_proj")
          .hasMessageContaining("cannot be held in groups");
    }
  }

  private static Precision weights(Quantization quantization) {
    return new Precision(quantization, KvProfile.F32);
  }

  private static void load(ModelFiles files, ShardPlan plan, Quantization quantization) {
    ShardOptions options =
        new ShardOptions(1, 1, 1, 1, weights(quantization), "auto", 0, "refused");
    ShardLoader.load(files, plan, plan.ranks().getFirst(), options, LoadProgress.SILENT).close();
  }

  private static void assertDigest(ModelFiles files, TensorSlice slice, SliceDigest digest)
      throws Exception {
    TensorInfo tensor = (TensorInfo) files.tensor(slice.part(), slice.layer());
    Range columns = tensor.roundOut(slice.columns());
    int rowBytes = Math.toIntExact(tensor.type().rowBytes(columns.size()));
    byte[] bytes = new byte[slice.rows().size() * rowBytes];
    files.read(tensor, slice.rows(), columns, MemorySegment.ofArray(bytes));
    assertThat(digest.tensor()).isEqualTo(tensor.name());
    assertThat(digest.rows()).isEqualTo(slice.rows());
    assertThat(digest.columns()).isEqualTo(columns);
    assertThat(digest.sha256()).isEqualTo(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private ModelFiles open(ModelConfig config, WeightType type) {
    Path path = folder.resolve(type + "-" + config.hiddenSize());
    return ModelFiles.open(
        type.isFloat()
            ? SyntheticModel.huggingFace(path, config, type, 5, 1)
            : SyntheticModel.gguf(path, config, type, 5));
  }
}
