package io.carovana.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.Int4Matrix;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.ModelTensor;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.TensorReader;
import io.carovana.model.files.WeightType;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.shard.ShardPlan.RankShard;
import io.carovana.model.testing.SyntheticModel;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.protocol.step.StepResult.Status;
import io.carovana.worker.local.LocalCluster;
import io.carovana.worker.local.LocalLinks;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuShardTest {
  @TempDir private Path folder;

  /** The step's own code; what kernels allocate is measured where they are. */
  @Test
  void stepsAllocateNothing() {
    try (ModelFiles files = model(WeightType.Q4_0)) {
      int vocabulary = files.config().vocabSize();
      ShardPlan plan = ShardPlan.even(files.config(), 1, 1);
      RankShard rank = plan.ranks().getFirst();
      ShardOptions options = TestPlans.options(1, "scalar");
      ShardWeights weights = ShardLoader.weights(files, plan, rank, options, LoadProgress.SILENT);
      StepPlan step = TestPlans.plan(1, 0, 0, 70, vocabulary);
      TestPlans.add(step, 1, 50, 1, vocabulary).temperature = 1;
      try (CpuShard shard = new CpuShard(plan, rank, weights, new NoKernels(), options)) {
        LocalLinks links = LocalLinks.of(List.of(1)).getFirst();
        assertThat(leastAllocated(shard, links, step)).as("bytes of 20 steps").isZero();
      }
    }
  }

  /** Of many rounds, because class loading and compilation show in the first. */
  private static long leastAllocated(CpuShard shard, LocalLinks links, StepPlan step) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    StepResult result = new StepResult();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 50 && least > 0; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 20; i++) {
        shard.step(step, links, LayerGate.OPEN, result);
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }

  @Test
  void infinityOnOneRankEndsTheStepOnAllAndIsNamed() {
    try (ModelFiles files = model(WeightType.F32);
        LocalCluster cluster =
            TestPlans.cluster(new HugeRows(files, TensorPart.GATE, TensorPart.UP), 1, 2)) {
      int vocabulary = files.config().vocabSize();
      StepResult result = cluster.step(TestPlans.plan(1, 0, 0, 7, vocabulary));
      assertThat(cluster.results()).allMatch(rank -> rank.status == Status.NON_FINITE);
      assertThat(result.size()).isZero();
      assertThat(result.failure).isEqualTo("another rank met NaN or infinity in layer 1");
      assertThat(cluster.results().get(1).failure)
          .isEqualTo("NaN or infinity in layer 1, feed-forward (silu)");
      // and a second time, alike: the failed step left nothing behind
      cluster.step(TestPlans.plan(2, 0, 0, 7, vocabulary));
      assertThat(cluster.results().get(1).failure).contains("layer 1, feed-forward");
    }
  }

  @Test
  void infinityInTheLogitsIsNamed() {
    try (ModelFiles files = model(WeightType.F32);
        LocalCluster cluster = TestPlans.cluster(new HugeRows(files, TensorPart.LM_HEAD), 2, 2)) {
      StepResult result = cluster.step(TestPlans.plan(1, 0, 0, 7, files.config().vocabSize()));
      assertThat(result.status).isEqualTo(Status.NON_FINITE);
      assertThat(result.failure).contains("logits");
    }
  }

  @Test
  void refusesPlansBeyondItsRoom() {
    try (ModelFiles files = model(WeightType.Q4_0);
        LocalCluster cluster = TestPlans.cluster(files, 1, 1)) {
      int vocabulary = files.config().vocabSize();
      assertThatThrownBy(() -> cluster.step(TestPlans.plan(1, 0, 0, 121, vocabulary)))
          .hasMessageContaining("121 rows");
      StepPlan badPage = TestPlans.plan(1, 0, 0, 3, vocabulary);
      badPage.get(0).pages[0] = 2 * TestPlans.PAGES_EACH;
      assertThatThrownBy(() -> cluster.step(badPage)).hasMessageContaining("page 8 of 8");
      StepPlan badToken = TestPlans.plan(1, 0, 0, 3, vocabulary);
      badToken.get(0).tokens[2] = vocabulary;
      assertThatThrownBy(() -> cluster.step(badToken)).hasMessageContaining("token 480");
      StepPlan fewPages = TestPlans.plan(1, 0, 0, 40, vocabulary);
      fewPages.get(0).pageCount = 1;
      assertThatThrownBy(() -> cluster.step(fewPages)).hasMessageContaining("1 pages");
      assertThat(cluster.step(TestPlans.plan(1, 0, 0, 3, vocabulary)).status)
          .isEqualTo(Status.DONE);
    }
  }

  @Test
  void progressRisesWithWork() {
    try (ModelFiles files = model(WeightType.Q4_0);
        LocalCluster cluster = TestPlans.cluster(files, 1, 1)) {
      long before = cluster.shards().getFirst().progress();
      cluster.step(TestPlans.plan(1, 0, 0, 3, files.config().vocabSize()));
      assertThat(cluster.shards().getFirst().progress()).isGreaterThan(before);
    }
  }

  private ModelFiles model(WeightType type) {
    Path path = folder.resolve(type.name());
    return ModelFiles.open(
        type.isFloat()
            ? SyntheticModel.huggingFace(path, SyntheticModel.ODD, type, 5, 1)
            : SyntheticModel.gguf(path, SyntheticModel.ODD, type, 5));
  }

  /** A model whose rows from the middle on are huge, in layer 1 where the part has layers. */
  private record HugeRows(TensorReader reader, TensorPart... parts) implements TensorReader {
    @Override
    public ModelConfig config() {
      return reader.config();
    }

    @Override
    public boolean ropeInterleaved() {
      return reader.ropeInterleaved();
    }

    @Override
    public ModelTensor tensor(TensorPart part, int layer) {
      return reader.tensor(part, layer);
    }

    @Override
    public boolean isSymmetric(Int4Matrix matrix) {
      return reader.isSymmetric(matrix);
    }

    @Override
    public void read(TensorInfo tensor, Range rows, Range columns, MemorySegment destination) {
      reader.read(tensor, rows, columns, destination);
      boolean meant = java.util.Arrays.asList(parts).contains(tensor.part());
      if (meant && (tensor.layer() == 1 || !tensor.part().perLayer())) {
        for (int row = rows.start(); row < rows.end(); row++) {
          for (int column = 0; row > tensor.rows() * 3 / 4 && column < columns.size(); column++) {
            long index = (long) (row - rows.start()) * columns.size() + column;
            destination.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, index, 3e37f);
          }
        }
      }
    }
  }
}
