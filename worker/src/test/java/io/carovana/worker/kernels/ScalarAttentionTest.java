package io.carovana.worker.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.Numerics;
import org.junit.jupiter.api.Test;

class ScalarAttentionTest {
  private static final int POSITIONS = 600;
  private static final AttentionShape SHAPE = new AttentionShape(1, 2, 12);

  /** The specification against softmax(q k / sqrt(d)) v in float64, over three blocks. */
  @Test
  void attentionIsTheTextbooks() {
    RandomKernelInputs inputs = new RandomKernelInputs(4);
    int pages = POSITIONS / Numerics.KV_PAGE_TOKENS + 1;
    float[][] keyPages = new float[pages][SHAPE.pageFloats()];
    float[][] valuePages = new float[pages][SHAPE.pageFloats()];
    int[] table = new int[pages];
    float[][] keys = new float[POSITIONS][];
    float[][] values = new float[POSITIONS][];
    for (int i = 0; i < POSITIONS; i++) {
      keys[i] = inputs.floats(12, 0.3f);
      values[i] = inputs.floats(12, 1f);
      int page = i / Numerics.KV_PAGE_TOKENS;
      table[page] = page;
      int slot = i % Numerics.KV_PAGE_TOKENS;
      SHAPE.store(keyPages[page], valuePages[page], slot, keys[i], 0, values[i], 0);
    }
    float[] q = inputs.floats(24, 0.5f);
    float[] out = new float[24];
    KvView kv = new KvView(SHAPE, keyPages, valuePages);
    new ScalarKernels()
        .attention(
            kv, table, 0, 0, q, 0, 24, 1, POSITIONS - 1, out, 0, 24, new KernelScratch(SHAPE));
    for (int i = 0; i < 24; i++) {
      double expected = textbook(q, i / 12 * 12, keys, values, i % 12);
      assertThat((double) out[i]).isCloseTo(expected, org.assertj.core.data.Offset.offset(2e-6));
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
