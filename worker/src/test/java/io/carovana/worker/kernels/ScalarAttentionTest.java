package io.carovana.worker.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.carovana.model.Numerics;
import io.carovana.model.quant.KvProfile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScalarAttentionTest {
  private static final int POSITIONS = 600;
  private static final AttentionShape SHAPE = new AttentionShape(1, 2, 12);

  /** The specification against softmax(q k / sqrt(d)) v in float64, over three blocks. */
  @Test
  void attentionIsTheTextbooks() {
    assertTextbook(new Fixture(KvProfile.F32), 2e-6);
  }

  /** What q8 loses, it loses by rounding keys, values and queries: the rest is exact enough. */
  @Test
  void q8IsTheTextbooksAttentionOverRoundedNumbers() {
    Fixture fixture = new Fixture(KvProfile.Q8);
    for (float[][] vectors : new float[][][] {fixture.keys, fixture.values}) {
      for (float[] vector : vectors) {
        round(vector, 0);
      }
    }
    round(fixture.q, 0);
    round(fixture.q, 12);
    assertTextbook(fixture, 1e-5);
  }

  /** bf16 rounds keys and values; the rest is as in f32. */
  @Test
  void bf16IsTheTextbooksAttentionOverRoundedNumbers() {
    Fixture fixture = new Fixture(KvProfile.BF16);
    for (float[][] vectors : new float[][][] {fixture.keys, fixture.values}) {
      for (float[] vector : vectors) {
        for (int i = 0; i < vector.length; i++) {
          vector[i] = Bf16.widen(Bf16.round(vector[i], "test"));
        }
      }
    }
    assertTextbook(fixture, 2e-6);
  }

  @ParameterizedTest
  @CsvSource({"Q8, NaN", "Q8, Infinity", "BF16, NaN", "BF16, -Infinity", "BF16, 0x1.ffp127"})
  void narrowProfilesRefuseToStoreWhatIsNotFinite(KvProfile profile, float bad) {
    KvView kv = KvView.allocate(profile, SHAPE, 1);
    float[] good = new float[12];
    float[] broken = new float[12];
    broken[7] = bad;
    assertThatThrownBy(() -> kv.store(0, 0, broken, 0, good, 0))
        .isInstanceOf(NonFiniteException.class);
    assertThatThrownBy(() -> kv.store(0, 0, good, 0, broken, 0))
        .isInstanceOf(NonFiniteException.class);
  }

  @Test
  void q8RefusesHeadsWhoseScoresWouldNotBeExact() {
    AttentionShape wide = new AttentionShape(1, 1, 1042);
    assertThatThrownBy(() -> KvView.allocate(KvProfile.Q8, wide, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most 1040");
  }

  /** Values so small that they quantize to zero are zero, not NaN. */
  @Test
  void q8OfNothingIsNothing() {
    KvView kv = KvView.allocate(KvProfile.Q8, SHAPE, 1);
    kv.store(0, 0, new float[12], 0, new float[12], 0);
    float[] out = new float[24];
    new ScalarKernels()
        .attention(
            kv, new int[1], 0, 0, new float[24], 0, 24, 1, 0, out, 0, 24, new KernelScratch(SHAPE));
    assertThat(out).containsOnly(0f);
  }

  /** Rule 2's rounding of 12 elements. */
  private static void round(float[] x, int at) {
    float largest = 0;
    for (int i = at; i < at + 12; i++) {
      largest = Math.max(largest, Math.abs(x[i]));
    }
    for (int i = at; i < at + 12; i++) {
      x[i] = (float) Math.rint(x[i] * (127f / largest)) * (largest / 127f);
    }
  }

  /** One query at the last position. */
  private static final class Fixture {
    private final float[][] keys = new float[POSITIONS][];
    private final float[][] values = new float[POSITIONS][];
    private final float[] q;
    private final float[] out = new float[24];

    Fixture(KvProfile profile) {
      RandomKernelInputs inputs = new RandomKernelInputs(4);
      int pages = POSITIONS / Numerics.KV_PAGE_TOKENS + 1;
      KvView kv = KvView.allocate(profile, SHAPE, pages);
      int[] table = new int[pages];
      for (int i = 0; i < POSITIONS; i++) {
        keys[i] = inputs.floats(12, 0.3f);
        values[i] = inputs.floats(12, 1f);
        int page = i / Numerics.KV_PAGE_TOKENS;
        table[page] = page;
        kv.store(page, i % Numerics.KV_PAGE_TOKENS, keys[i], 0, values[i], 0);
      }
      q = inputs.floats(24, 0.5f);
      new ScalarKernels()
          .attention(
              kv, table, 0, 0, q, 0, 24, 1, POSITIONS - 1, out, 0, 24, new KernelScratch(SHAPE));
    }
  }

  private static void assertTextbook(Fixture fixture, double tolerance) {
    for (int i = 0; i < 24; i++) {
      double expected = textbook(fixture.q, i / 12 * 12, fixture.keys, fixture.values, i % 12);
      assertThat((double) fixture.out[i]).isCloseTo(expected, within(tolerance));
    }
  }

  private static double textbook(float[] q, int head, float[][] keys, float[][] values, int d) {
    double[] scores = new double[POSITIONS];
    double max = Double.NEGATIVE_INFINITY;
    for (int key = 0; key < POSITIONS; key++) {
      for (int i = 0; i < 12; i++) {
        scores[key] += (double) q[head + i] * keys[key][i] / Math.sqrt(12);
      }
      max = Math.max(max, scores[key]);
    }
    double sum = 0;
    double weighted = 0;
    for (int key = 0; key < POSITIONS; key++) {
      double p = Math.exp(scores[key] - max);
      sum += p;
      weighted += p * values[key][d];
    }
    return weighted / sum;
  }
}
