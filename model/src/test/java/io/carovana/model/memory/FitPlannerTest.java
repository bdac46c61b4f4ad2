package io.carovana.model.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.ShapeOnly;
import io.carovana.model.files.StorageFormat;
import io.carovana.model.files.TensorReader;
import io.carovana.model.files.WeightType;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.testing.SyntheticModel;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Known sizes of Code Llama, sums over ranks, and the proposals. */
class FitPlannerTest {
  private static final ModelConfig CODE_LLAMA_7B =
      new ModelConfig(4096, 32, 32, 32, 128, 11008, 32016, 1e-5f, 1e6, 16384, 1, 2, false);
  private static final ModelConfig CODE_LLAMA_34B =
      new ModelConfig(8192, 48, 64, 8, 128, 22016, 32000, 1e-5f, 1e6, 16384, 1, 2, false);
  private static final long GIB = 1L << 30;

  private static final Precision AS_STORED = Precision.AS_STORED;

  @TempDir Path folder;

  private static Precision weights(Quantization quantization) {
    return new Precision(quantization, KvProfile.F32);
  }

  private static FitPlanner planner(ModelConfig config, long free, double... split) {
    ShardPlan plan = ShardPlan.of(config, List.of(split));
    List<Integer> all = IntStream.range(0, split.length).boxed().toList();
    TensorReader files = new ShapeOnly("shape", config, StorageFormat.F16);
    return new FitPlanner(files, plan, List.of(new NodeMemory("here", free, all)), 256, 0);
  }

  private static RankMemory whole(ModelConfig config, Precision precision) {
    return planner(config, 0, 1).report(precision, 1024).nodes().getFirst().ranks();
  }

  @Test
  void knowsTheSizesOfCodeLlama() {
    RankMemory small = whole(CODE_LLAMA_7B, AS_STORED);
    // 6,738,546,688 weights of 2 bytes; norms are held as f32, vocabulary rows padded to 32
    long norms = 65L * 4096;
    long padding = (32032 - 32016) * 4096 * 2L * 2;
    assertThat(small.weights()).isEqualTo(2 * 6_738_546_688L + 2 * norms + padding);
    assertThat(small.kvPerToken()).isEqualTo(2 * 512 * 1024); // 512 KiB at 16 bits
    RankMemory large = whole(CODE_LLAMA_34B, AS_STORED);
    assertThat(large.weights()).isEqualTo(2 * 33_743_970_304L + 2 * 97L * 8192);
    assertThat(large.kvPerToken()).isEqualTo(2 * 192 * 1024);
  }

  @Test
  void fourBitsOf34BStayBelowBitsandbytes() {
    long weights = whole(CODE_LLAMA_34B, weights(Quantization.Q4)).weights();
    assertThat(weights).isLessThan(19_700_000_000L).isGreaterThan(16_800_000_000L);
  }

  @Test
  void ranksTogetherHoldTheModelOnce() {
    for (double[] split : new double[][] {{1, 1}, {3, 1}, {1, 1, 1, 1, 1}}) {
      RankMemory sum =
          planner(CODE_LLAMA_34B, 0, split)
              .report(weights(Quantization.Q8), 1024)
              .nodes()
              .getFirst()
              .ranks();
      RankMemory one = whole(CODE_LLAMA_34B, weights(Quantization.Q8));
      long normsAgain = (split.length - 1) * 97L * 8192 * 4;
      assertThat(sum.weights()).isEqualTo(one.weights() + normsAgain);
      assertThat(sum.kvPerToken()).isEqualTo(one.kvPerToken());
    }
  }

  @Test
  void saysInOneLineWhatIsNeededAndWhatIsFree() {
    FitReport report = planner(CODE_LLAMA_7B, 64 * GIB, 1).report(AS_STORED, 16384);
    assertThat(report.fits()).isTrue();
    assertThat(report.proposals()).isEmpty();
    assertThat(report.message())
        .isEqualTo(report.line())
        .startsWith("here: 12.6 GiB weights + 1.0 MiB KV per token x 16384 tokens + ")
        .endsWith("64.0 GiB free");
  }

  @Test
  void proposesWhatFits() {
    FitPlanner planner = planner(CODE_LLAMA_7B, 16 * GIB, 1);
    FitReport report = planner.report(AS_STORED, 16384);
    assertThat(report.fits()).isFalse();
    assertThat(report.proposals())
        .containsExactly(
            "--context 2048",
            "--kv bf16 --context 4096",
            "--kv q8 --context 8192",
            "--quantize q8 --kv bf16");
    assertThat(report.message()).contains("does not fit", "--context 2048");
    assertThat(planner.report(AS_STORED, 2048).fits()).isTrue();
    assertThat(planner.report(weights(Quantization.Q8), 8192).fits()).isTrue();
  }

  @Test
  void aBf16CacheTakesHalf() {
    Precision bf16 = new Precision(Quantization.NONE, KvProfile.BF16);
    assertThat(whole(CODE_LLAMA_7B, bf16).kvPerToken()).isEqualTo(32L * 32 * 2 * 128 * 2);
    assertThat(whole(CODE_LLAMA_34B, bf16).kvPerToken())
        .isEqualTo(whole(CODE_LLAMA_34B, AS_STORED).kvPerToken() / 2);
    assertThat(KvProfile.BF16.bytesPerHead(18)).isEqualTo(4 * 18);
  }

  @Test
  void anEightBitCacheTakesAQuarterAndItsScales() {
    Precision q8 = new Precision(Quantization.NONE, KvProfile.Q8);
    assertThat(whole(CODE_LLAMA_7B, q8).kvPerToken()).isEqualTo(32L * 32 * 2 * (128 + 4));
    assertThat(whole(CODE_LLAMA_34B, q8).kvPerToken()).isEqualTo(48L * 8 * 2 * (128 + 4));
    assertThat(KvProfile.Q8.bytesPerHead(18)).isEqualTo(20 + 18 + 8);
  }

  @Test
  void headsTooWideForExactScoresAreRefusedByName() {
    ModelConfig wide =
        new ModelConfig(4096, 1, 2, 1, 1042, 1024, 32000, 1e-5f, 1e6, 16384, 1, 2, false);
    assertThat(whole(wide, AS_STORED).kvPerToken()).isEqualTo(2L * 4 * 1042);
    assertThatThrownBy(() -> whole(wide, new Precision(Quantization.NONE, KvProfile.Q8)))
        .isInstanceOf(ModelException.Unsupported.class)
        .hasMessageContaining("heads of 1042 elements; a KV cache in q8 takes at most 1040");
  }

  @Test
  void saysThatNothingFits() {
    FitReport report = planner(CODE_LLAMA_34B, 8 * GIB, 1).report(weights(Quantization.Q4), 4096);
    assertThat(report.proposals()).isEmpty();
    assertThat(report.message()).contains("add workers or memory");
  }

  @Test
  void theLargestContextFitsAndOnePageMoreDoesNot() {
    for (long free : new long[] {14, 16, 20, 40}) {
      FitPlanner planner = planner(CODE_LLAMA_7B, free * GIB, 2, 1);
      int largest = planner.largestContext(AS_STORED);
      assertThat(largest).isPositive().isLessThan(FitPlanner.MAX_CONTEXT);
      assertThat(planner.report(AS_STORED, largest).fits()).isTrue();
      assertThat(planner.report(AS_STORED, largest + 32).fits()).isFalse();
    }
    assertThat(planner(CODE_LLAMA_7B, 8 * GIB, 1).largestContext(AS_STORED)).isZero();
    assertThat(planner(CODE_LLAMA_7B, 1000 * GIB, 1).largestContext(AS_STORED))
        .isEqualTo(FitPlanner.MAX_CONTEXT);
  }

  @Test
  void sequencesAtOnceShareTheContextAndNoPages() {
    FitPlanner planner = planner(CODE_LLAMA_34B, 100 * GIB, 1);
    long one = planner.needs(AS_STORED, new KvDemand(1000, 1)).getFirst().kvBytes();
    long four = planner.needs(AS_STORED, new KvDemand(1000, 4)).getFirst().kvBytes();
    assertThat(one).isEqualTo(1024 * 2 * 192 * 1024L); // 32 pages of 32 tokens
    assertThat(four).isEqualTo(4 * one);
    int context = planner.largestContext(AS_STORED, 4);
    assertThat(spare(planner, context, 4)).isNotNegative();
    assertThat(spare(planner, context + 32, 4)).isNegative();
    assertThat(planner.largestContext(AS_STORED, 1024)).isZero();
  }

  private static long spare(FitPlanner planner, int context, int sequences) {
    return planner.needs(AS_STORED, new KvDemand(context, sequences)).getFirst().spareBytes();
  }

  @Test
  void aPoolHasNoMorePagesThanAnArrayHoldsKeys() {
    long pages = RankMemory.maxKvPages(CODE_LLAMA_7B);
    assertThat(pages * 32 * 128).isLessThanOrEqualTo(Integer.MAX_VALUE);
    assertThat((pages + 1) * 32 * 128).isGreaterThan(Integer.MAX_VALUE);
    FitPlanner planner = planner(CODE_LLAMA_7B, Long.MAX_VALUE / 2, 1);
    assertThat(planner.largestContext(AS_STORED, 1000)).isEqualTo((int) (pages / 1000 * 32));
  }

  @Test
  void eachNodeIsHeldAgainstItsOwnMemory() {
    ShardPlan plan = ShardPlan.of(CODE_LLAMA_7B, List.of(new double[] {3, 1}));
    List<NodeMemory> nodes =
        List.of(
            new NodeMemory("big", 24 * GIB, List.of(0)),
            new NodeMemory("small", 2 * GIB, List.of(1)));
    FitReport report =
        new FitPlanner(
                new ShapeOnly("shape", CODE_LLAMA_7B, StorageFormat.F16), plan, nodes, 256, 0)
            .report(AS_STORED, 1024);
    assertThat(report.fits()).isFalse();
    assertThat(report.line()).startsWith("small: ");
    assertThat(report.nodes().getFirst().spareBytes()).isPositive();
  }

  @Test
  void aQuantizedFileIsNotProposedToBeQuantized() {
    Path gguf =
        SyntheticModel.gguf(folder.resolve("m.gguf"), SyntheticModel.TINY, WeightType.Q4_K, 1);
    try (ModelFiles files = ModelFiles.open(gguf)) {
      ShardPlan plan = ShardPlan.even(files.config(), 1, 1);
      FitPlanner planner =
          new FitPlanner(
              files, plan, List.of(new NodeMemory("here", 12L << 20, List.of(0))), 16, 0);
      FitReport report = planner.report(AS_STORED, 131072);
      assertThat(report.fits()).isFalse();
      assertThat(report.proposals()).isNotEmpty().noneMatch(p -> p.contains("--quantize"));
      assertThatThrownBy(() -> planner.report(weights(Quantization.Q4), 1024))
          .isInstanceOf(ModelException.Unsupported.class);
    }
  }
}
