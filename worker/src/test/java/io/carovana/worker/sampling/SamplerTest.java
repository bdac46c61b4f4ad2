package io.carovana.worker.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {
  private static final int VOCABULARY = 997;
  private final Sampler sampler = new Sampler(VOCABULARY);

  @Test
  void temperatureZeroTakesTheLargestAndTiesGoToTheLowestId() {
    float[] logits = {1, 3, -2, 3, 3};
    assertThat(sampler.sample(logits, 0, 5, 0, 1, 7, 0, 3)).isEqualTo(1);
    assertThat(sampler.sample(new float[] {-0.0f, 0.0f}, 0, 2, 0, 1, 7, 0, 3)).isZero();
  }

  @Test
  void nucleusKeepsTheTokenThatCrossesIt() {
    float[] logits = logsOf(0.5, 0.3, 0.15, 0.05);
    assertThat(drawn(logits, 0.49f)).containsExactly(0);
    assertThat(drawn(logits, 0.6f)).containsExactly(0, 1);
    assertThat(drawn(logits, 0.81f)).containsExactly(0, 1, 2);
    assertThat(drawn(logits, 1)).containsExactly(0, 1, 2, 3);
  }

  @Test
  void nucleusTakesEqualTokensByLowestId() {
    float[] logits = logsOf(0.25, 0.25, 0.25, 0.25);
    assertThat(drawn(logits, 0.4f)).containsExactly(0, 1);
  }

  @Test
  void frequenciesFollowTheRenormalizedTemperedProbabilities() {
    float[] logits = logsOf(0.1, 0.6, 0.3);
    int draws = 60_000;
    int[] counts = new int[3];
    for (int position = 0; position < draws; position++) {
      counts[sampler.sample(logits, 0, 3, 0.5f, 0.9f, 11, 2, position)]++;
    }
    // tempered: .01, .36, .09 of .46; the first two reach .978 > .9, so the last is dropped
    assertThat(counts[0]).isZero();
    assertThat(counts[1] / (double) draws).isCloseTo(0.8, within(0.01));
    assertThat(counts[2] / (double) draws).isCloseTo(0.2, within(0.01));
  }

  @Test
  void drawDependsOnSeedChoiceAndPositionOnly() {
    float[] logits = new float[VOCABULARY];
    int[] first = IntStream.range(0, 64).map(p -> draw(logits, 5, 0, p)).toArray();
    int[] again = IntStream.range(0, 64).map(p -> draw(logits, 5, 0, 63 - p)).toArray();
    for (int p = 0; p < 64; p++) {
      assertThat(again[63 - p]).isEqualTo(first[p]);
    }
    assertThat(IntStream.range(0, 64).map(p -> draw(logits, 6, 0, p)).toArray())
        .isNotEqualTo(first);
    assertThat(IntStream.range(0, 64).map(p -> draw(logits, 5, 1, p)).toArray())
        .isNotEqualTo(first);
  }

  @Test
  void counterRandomKeepsItsPublishedValues() {
    assertThat(CounterRandom.bits(0, 0, 0)).isEqualTo(0x238275BC38FCBE91L);
    assertThat(CounterRandom.bits(-1, 3, 100_000)).isEqualTo(0xBA1FB24758580B60L);
  }

  @Test
  void uniformIsUniform() {
    int[] bins = new int[16];
    for (int i = 0; i < 160_000; i++) {
      bins[(int) (16 * CounterRandom.uniform(42, 0, i))]++;
    }
    for (int bin : bins) {
      assertThat(bin).isBetween(9_600, 10_400);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4})
  void topIsTheSortedHeadAndLogprobsAddToOne(long seed) {
    Random random = new Random(seed);
    float[] logits = new float[VOCABULARY + 3];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = Math.round(8 * random.nextGaussian()) / 2f; // many ties
    }
    float max = LogSoftmax.max(logits, 3, VOCABULARY);
    double logSum = LogSoftmax.logSum(logits, 3, VOCABULARY, max);
    int[] ids = new int[VOCABULARY];
    float[] logprobs = new float[VOCABULARY];
    assertThat(sampler.top(logits, 3, VOCABULARY, VOCABULARY, max, logSum, ids, logprobs, 0))
        .isEqualTo(VOCABULARY);
    int[] sorted =
        IntStream.range(0, VOCABULARY)
            .boxed()
            .sorted((a, b) -> Float.compare(logits[3 + b], logits[3 + a]))
            .mapToInt(Integer::intValue)
            .toArray(); // a stable sort: equal logits keep ascending ids
    assertThat(ids).containsExactly(sorted);
    double mass = 0;
    for (float logprob : logprobs) {
      mass += Math.exp(logprob);
    }
    assertThat(mass).isCloseTo(1, within(1e-5));
  }

  @Test
  void logprobsOfHugeLogitsStayFinite() {
    float[] logits = {3e38f, -3e38f, 3e38f};
    float max = LogSoftmax.max(logits, 0, 3);
    double logSum = LogSoftmax.logSum(logits, 0, 3, max);
    assertThat(LogSoftmax.of(logits[0], max, logSum)).isCloseTo(-0.6931472f, within(1e-6f));
    assertThat(LogSoftmax.of(logits[1], max, logSum)).isEqualTo(Float.NEGATIVE_INFINITY);
  }

  @Test
  void digestIsSha256OfLittleEndianFloats() {
    byte[] digest = new byte[32];
    RowDigest rows = new RowDigest();
    rows.digest(new float[] {9, 1, 2}, 1, 2, digest);
    // printf '\0\0\200\077\0\0\0\100' | sha256sum
    assertThat(java.util.HexFormat.of().formatHex(digest))
        .isEqualTo("b9c80b5adeca450753a16950c3cc655d271f7bef7a485bc83f112b72fef21d37");
    byte[] second = new byte[32];
    rows.digest(new float[] {1, 2}, 0, 2, second);
    assertThat(second).isEqualTo(digest);
  }

  private int draw(float[] logits, long seed, int choice, int position) {
    return sampler.sample(logits, 0, VOCABULARY, 1, 1, seed, choice, position);
  }

  /** The distinct tokens of many draws, ascending. */
  private int[] drawn(float[] logits, float topP) {
    return IntStream.range(0, 2_000)
        .map(p -> sampler.sample(logits, 0, logits.length, 1, topP, 3, 0, p))
        .distinct()
        .sorted()
        .toArray();
  }

  private static float[] logsOf(double... probabilities) {
    float[] logits = new float[probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.log(probabilities[i]);
    }
    return logits;
  }
}
