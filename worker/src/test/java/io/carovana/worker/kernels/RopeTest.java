package io.carovana.worker.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RopeTest {
  /** Angles are f32 products, as the reference's are, however far out. */
  @Test
  void anglesAreComputedInSinglePrecision() {
    Rope rope = new Rope(1_000_000, 128);
    float[] cos = new float[64];
    float[] sin = new float[64];
    rope.fill(100_003, cos, sin, 0);
    float inverse = 1f / (float) StrictMath.pow(1_000_000, 14f / 128f);
    float angle = 100_003f * inverse;
    assertThat(cos[7]).isEqualTo((float) StrictMath.cos(angle));
    assertThat(sin[7]).isEqualTo((float) StrictMath.sin(angle));
    assertThat(cos[0]).isEqualTo((float) StrictMath.cos(100_003.0));
  }

  @Test
  void positionZeroRotatesNothing() {
    Rope rope = new Rope(10_000, 6);
    float[] cos = new float[3];
    float[] sin = new float[3];
    rope.fill(0, cos, sin, 0);
    float[] x = {1f, 2f, 3f, 4f, 5f, 6f};
    new ScalarKernels().rotate(x, 0, 1, 6, cos, sin, 0);
    assertThat(x).containsExactly(1f, 2f, 3f, 4f, 5f, 6f);
  }

  @Test
  void pairsAreHalfAHeadApart() {
    float[] x = {1f, 2f, 3f, 4f};
    new ScalarKernels().rotate(x, 0, 1, 4, new float[] {0f, 1f}, new float[] {1f, 0f}, 0);
    assertThat(x).containsExactly(-3f, 2f, 1f, 4f);
  }
}
