package io.carovana.worker.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.files.ModelFiles;
import io.carovana.model.quant.KvProfile;
import io.carovana.worker.local.GenerateRequest;
import io.carovana.worker.local.LocalGenerator;
import io.carovana.worker.local.LocalOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Logits and greedy tokens against stored ones of {@code transformers} in float32, whose matrices
 * see inputs rounded by rule 2 where weights are quantized.
 */
class ReferenceLogitsTest {
  /**
   * Largest difference allowed, as a part of the largest logit. Promised are 2e-4 for float weights
   * and 1e-3 for quantized ones; our bits and the stored ones never change, so the test holds what
   * was measured.
   */
  private static final double TOLERANCE = 1e-5;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(ReferenceModel.class)
  void logitsAreThoseOfTheReference(ReferenceModel model) {
    ReferenceLogits reference = ReferenceLogits.of(model);
    try (ModelFiles files = model.open(folder)) {
      List<float[]> rows = logits(files, model, KvProfile.F32, reference.ids());
      double fromExpected = distance(rows, reference, reference.expected());
      double fromPlain = distance(rows, reference, reference.plain());
      System.out.printf(
          "%-7s %.1e of the largest logit from the reference, %.1e from the plain one%n",
          model, fromExpected, fromPlain);
      assertThat(fromExpected).isLessThan(TOLERANCE);
    }
  }

  /** What narrower KV caches cost: they round keys and values, q8 also queries. */
  @ParameterizedTest
  @CsvSource({"DEMO, BF16, 5e-3", "F32, BF16, 5e-3", "DEMO, Q8, 1e-2", "F32, Q8, 1e-2"})
  void logitsWithANarrowKvCacheAreNear(ReferenceModel model, KvProfile kv, double most) {
    ReferenceLogits reference = ReferenceLogits.of(model);
    try (ModelFiles files = model.open(folder)) {
      List<float[]> rows = logits(files, model, kv, reference.ids());
      double distance = distance(rows, reference, reference.expected());
      System.out.printf(
          "%-7s %.1e of the largest logit with the KV cache in %s%n", model, distance, kv.id());
      assertThat(distance).isBetween(TOLERANCE, most);
    }
  }

  @ParameterizedTest
  @EnumSource(ReferenceModel.class)
  void greedyTokensAreThoseOfTheReference(ReferenceModel model) {
    ReferenceLogits reference = ReferenceLogits.of(model);
    int clear = clearTokens(reference);
    assertThat(clear).as("tokens with a clear lead").isGreaterThanOrEqualTo(10);
    LocalOptions options =
        LocalOptions.DEFAULT.withContext(64, 1).withQuantization(model.quantization());
    try (ModelFiles files = model.open(folder);
        LocalGenerator generator = LocalGenerator.open(files, options)) {
      int[] ids =
          generator.generate(GenerateRequest.greedy(reference.ids(), clear, Set.of())).ids();
      assertThat(ids).isEqualTo(java.util.Arrays.copyOf(reference.greedy(), clear));
    }
  }

  /** Tokens up to the first whose lead the allowed difference could overturn. */
  private static int clearTokens(ReferenceLogits reference) {
    int clear = 0;
    double least = 2 * TOLERANCE * largest(reference.expected());
    while (clear < reference.greedy().length && reference.lead()[clear] > least) {
      clear++;
    }
    return clear;
  }

  private static double distance(List<float[]> rows, ReferenceLogits reference, float[] expected) {
    double most = 0;
    for (int i = 0; i < reference.positions().length; i++) {
      float[] row = rows.get(reference.positions()[i]);
      for (int id = 0; id < reference.vocabulary(); id++) {
        most = Math.max(most, Math.abs(row[id] - expected[i * reference.vocabulary() + id]));
      }
    }
    return most / largest(expected);
  }

  private static double largest(float[] values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  /** The logits of every prompt row, from two ranks. */
  private static List<float[]> logits(
      ModelFiles files, ReferenceModel model, KvProfile kv, int[] ids) {
    LocalOptions options =
        LocalOptions.DEFAULT
            .withRanks(2, 1)
            .withContext(64, 1)
            .withQuantization(model.quantization())
            .withKv(kv);
    return RawLogits.ofAllRows(files, options, ids);
  }
}
