package io.carovana.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.WeightType;
import io.carovana.model.testing.SyntheticModel;
import io.carovana.protocol.step.SequenceResult;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.worker.local.LocalCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Guesses at next tokens: what holds is what plain decoding gives, with all bits. */
class GuessedRowsTest {
  private static final int PROMPT = 30;
  private static final int TOKENS = 12;

  @TempDir private Path folder;

  @ParameterizedTest(name = "{0} stages of {1} ranks, temperature {2}")
  @CsvSource({"1, 1, 0", "1, 1, 1.5", "1, 3, 1.5", "2, 2, 1.5"})
  void whatHoldsHasTheBitsOfPlainDecoding(int stages, int ranks, float temperature) {
    try (ModelFiles files =
            ModelFiles.open(
                SyntheticModel.gguf(
                    folder.resolve("m.gguf"), SyntheticModel.ODD, WeightType.Q4_0, 17));
        LocalCluster cluster = TestPlans.cluster(files, stages, ranks)) {
      int vocabulary = files.config().vocabSize();
      List<Sampled> plain = plain(cluster, vocabulary, temperature);
      int[] tokens = plain.stream().mapToInt(Sampled::token).toArray();

      for (int right = 0; right <= 4; right++) {
        int[] guesses = Arrays.copyOf(tokens, 5);
        guesses[right] = (guesses[right] + 1) % vocabulary;
        prefill(cluster, vocabulary, temperature);
        // The guesses stand where plain decoding has tokens 0 to 4; the first is sampled already.
        int[] after = Arrays.copyOfRange(guesses, 1, 5);
        List<Sampled> verified = decode(cluster, tokens[0], after, temperature);
        int held = Math.max(0, right - 1);
        int expected = right == 0 ? 5 : held + 1;
        assertThat(verified).isEqualTo(plain.subList(1, 1 + expected));

        // What was refused left nothing behind: decoding goes on from there.
        int at = 1 + expected;
        StepPlan next = plan(PROMPT + at - 1, new int[] {tokens[at - 1]}, 1, temperature);
        assertThat(sampled(cluster.step(next))).isEqualTo(plain.subList(at, at + 1));
      }
    }
  }

  private static List<Sampled> plain(LocalCluster cluster, int vocabulary, float temperature) {
    List<Sampled> all = new ArrayList<>(prefill(cluster, vocabulary, temperature));
    while (all.size() < TOKENS) {
      int[] last = {all.getLast().token()};
      all.addAll(sampled(cluster.step(plan(PROMPT + all.size() - 1, last, 1, temperature))));
    }
    return all;
  }

  private static List<Sampled> prefill(LocalCluster cluster, int vocabulary, float temperature) {
    StepPlan plan = TestPlans.plan(1, 0, 0, PROMPT, vocabulary);
    plan.get(0).temperature = temperature;
    return sampled(cluster.step(plan));
  }

  private static List<Sampled> decode(
      LocalCluster cluster, int last, int[] guesses, float temperature) {
    int[] rows = new int[1 + guesses.length];
    rows[0] = last;
    System.arraycopy(guesses, 0, rows, 1, guesses.length);
    return sampled(cluster.step(plan(PROMPT, rows, rows.length, temperature)));
  }

  private static StepPlan plan(int start, int[] rows, int sampledRows, float temperature) {
    StepPlan plan = TestPlans.plan(2, 0, start, rows.length, 2);
    SequenceStep entry = plan.get(0);
    System.arraycopy(rows, 0, entry.tokens, 0, rows.length);
    entry.sampledRows = sampledRows;
    entry.temperature = temperature;
    return plan;
  }

  private static List<Sampled> sampled(StepResult result) {
    assertThat(result.status).isEqualTo(StepResult.Status.DONE);
    List<Sampled> all = new ArrayList<>();
    for (int i = 0; i < result.size(); i++) {
      SequenceResult one = result.get(i);
      assertThat(one.sequence).isZero();
      all.add(new Sampled(one.token, one.logprob, HexFormat.of().formatHex(one.digest)));
    }
    return all;
  }

  private record Sampled(int token, float logprob, String digest) {}
}
