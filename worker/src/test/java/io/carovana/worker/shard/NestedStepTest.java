package io.carovana.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.WeightType;
import io.carovana.model.testing.SyntheticModel;
import io.carovana.protocol.step.SequenceResult;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.protocol.step.StepResult.Status;
import io.carovana.transport.Control;
import io.carovana.worker.local.LocalCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Urgent steps between two layers of a prefill, and aborts there, keep every bit. */
class NestedStepTest {
  private static final int LONG = 100;
  private static final int SHORT = 40;

  @TempDir private Path folder;

  @ParameterizedTest(name = "{0} stages of {1} ranks")
  @CsvSource({"1, 1", "1, 2", "2, 2", "3, 3"})
  void anUrgentStepInsideAPrefillChangesNeither(int stages, int ranks) {
    try (ModelFiles files = model();
        LocalCluster cluster = TestPlans.cluster(files, stages, ranks)) {
      int vocabulary = files.config().vocabSize();
      String expectedDecode;
      StepPlan decode = TestPlans.plan(9, 1, SHORT, 1, vocabulary);
      cluster.step(TestPlans.plan(1, 1, 0, SHORT, vocabulary));
      expectedDecode = digest(cluster.step(decode));
      String expectedPrefill = digest(cluster.step(TestPlans.plan(2, 0, 0, LONG, vocabulary)));

      cluster.step(TestPlans.plan(3, 1, 0, SHORT, vocabulary));
      List<StepResult> urgent = new ArrayList<>();
      for (int rank = 0; rank < stages * ranks; rank++) {
        urgent.add(new StepResult());
      }
      StepResult prefill =
          cluster.step(
              TestPlans.plan(4, 0, 0, LONG, vocabulary),
              rank -> new UrgentGate(cluster, rank, ranks, decode, urgent.get(rank)));
      assertThat(digest(prefill)).isEqualTo(expectedPrefill);
      assertThat(digest(urgent.get((stages - 1) * ranks))).isEqualTo(expectedDecode);
      assertThat(cluster.results()).allMatch(result -> result.computeNs > 0);
    }
  }

  @ParameterizedTest(name = "{0} stages of {1} ranks")
  @CsvSource({"1, 2", "2, 2", "3, 1"})
  void anAbortBetweenLayersEndsAllRanksAndLeavesNoTrace(int stages, int ranks) {
    try (ModelFiles files = model();
        LocalCluster cluster = TestPlans.cluster(files, stages, ranks)) {
      int vocabulary = files.config().vocabSize();
      String expected = digest(cluster.step(TestPlans.plan(1, 0, 0, LONG, vocabulary)));
      StepResult aborted =
          cluster.step(TestPlans.plan(2, 0, 0, LONG, vocabulary), rank -> new AbortGate());
      assertThat(cluster.results()).allMatch(result -> result.status == Status.ABORTED);
      assertThat(aborted.size()).isZero();
      cluster.step(TestPlans.plan(3, 1, 0, SHORT, vocabulary));
      assertThat(digest(cluster.step(TestPlans.plan(4, 0, 0, LONG, vocabulary))))
          .isEqualTo(expected);
    }
  }

  private ModelFiles model() {
    return ModelFiles.open(
        SyntheticModel.gguf(folder.resolve("m.gguf"), SyntheticModel.ODD, WeightType.Q4_0, 17));
  }

  private static String digest(StepResult result) {
    assertThat(result.status).isEqualTo(Status.DONE);
    SequenceResult only = result.get(0);
    return only.token + " " + only.logprob + " " + HexFormat.of().formatHex(only.digest);
  }

  /** Runs the urgent plan after the first layer it meets; only tensor rank 1 has heard of it. */
  private static final class UrgentGate implements LayerGate {
    private final LocalCluster cluster;
    private final int rank;
    private final int ranks;
    private final StepPlan urgent;
    private final StepResult result;
    private boolean done;

    UrgentGate(LocalCluster cluster, int rank, int ranks, StepPlan urgent, StepResult result) {
      this.cluster = cluster;
      this.rank = rank;
      this.ranks = ranks;
      this.urgent = urgent;
      this.result = result;
    }

    @Override
    public long proposal() {
      return Control.of(rank % ranks == ranks - 1 ? 1 : 0, 0);
    }

    @Override
    public boolean proceed(long agreed) {
      assertThat(Control.urgentPlans(agreed)).isEqualTo(1);
      if (!done) {
        done = true;
        cluster.shards().get(rank).step(urgent, cluster.links().get(rank), LayerGate.OPEN, result);
      }
      return true;
    }
  }

  /** Aborts after the first layer of the first stage. */
  private static final class AbortGate implements LayerGate {
    @Override
    public long proposal() {
      return Control.of(0, 1);
    }

    @Override
    public boolean proceed(long agreed) {
      return Control.aborts(agreed) == 0;
    }
  }
}
