package io.carovana.worker.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.Int4Layout;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.testing.Int4Checkpoint;
import io.carovana.model.testing.SyntheticModel;
import io.carovana.worker.local.GenerateResult.TokenLogprob;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A checkpoint of 4-bit codes computes what its weights written as plain f32 compute, nearly. */
class Int4LogprobsTest {
  private static final ModelConfig SHAPE = SyntheticModel.TINY;

  /**
   * Rounding the matrices' inputs (rule 2) moves log-probabilities by 0.04 to 0.2 here; zero points
   * that are wrong by one move them by more than this.
   */
  private static final float TOLERANCE = 0.4f;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"GPTQ, 128, true", "GPTQ, -1, false", "GPTQ_V2, 64, false", "AWQ, 128, false"})
  void logProbabilitiesAreNearThoseOfTheSameWeightsAsFloats(
      Int4Layout layout, int group, boolean symmetric) {
    Int4Checkpoint checkpoint = Int4Checkpoint.random(SHAPE, layout, group, symmetric, 12);
    List<TokenLogprob> int4 = logprobs(checkpoint.write(folder.resolve("int4")));
    List<TokenLogprob> floats = logprobs(checkpoint.writeDequantized(folder.resolve("floats")));
    float distance = distance(int4, floats);
    System.out.printf("%s in groups of %d: %.1e apart%n", layout, group, distance);
    assertThat(distance).isPositive().isLessThan(TOLERANCE);
  }

  @Test
  void zeroPointsThatAreWrongByOneShow() {
    Int4Checkpoint checkpoint = Int4Checkpoint.random(SHAPE, Int4Layout.GPTQ, 128, true, 12);
    Path misread = folder.resolve("misread");
    String config = checkpoint.configJson().replace("\"gptq\"}", "\"gptq_v2\"}");
    Int4Checkpoint.write(misread, config, checkpoint.tensors());
    List<TokenLogprob> floats = logprobs(checkpoint.writeDequantized(folder.resolve("floats")));
    assertThat(distance(logprobs(misread), floats)).isGreaterThan(TOLERANCE);
  }

  private static float distance(List<TokenLogprob> some, List<TokenLogprob> others) {
    float distance = 0;
    for (int i = 0; i < others.size(); i++) {
      distance = Math.max(distance, Math.abs(some.get(i).logprob() - others.get(i).logprob()));
    }
    return distance;
  }

  private static List<TokenLogprob> logprobs(Path model) {
    LocalOptions options = LocalOptions.DEFAULT.withRanks(2, 1).withContext(64, 1);
    try (ModelFiles files = ModelFiles.open(model);
        LocalGenerator generator = LocalGenerator.open(files, options)) {
      GenerateRequest request = Requests.greedy(Requests.prompt(40, SHAPE.vocabSize(), 2));
      return generator.generate(request).promptTokens();
    }
  }
}
