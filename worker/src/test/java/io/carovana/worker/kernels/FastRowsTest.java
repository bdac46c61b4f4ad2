package io.carovana.worker.kernels;

import static io.carovana.worker.kernels.FastProductsTest.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operations on rows have the specification's bits, by whatever kernels this JVM can run. */
@Tag("widths")
class FastRowsTest {
  private static final Kernels SCALAR = new ScalarKernels();
  private static final KernelScratch SCRATCH = new KernelScratch(new AttentionShape(1, 1, 2));
  private static final float[] EXTREMES = {
    0f,
    -0f,
    1f,
    -1f,
    88.72f,
    88.73f,
    89f,
    90f,
    -87.4f,
    -103.9f,
    -104f,
    -110f,
    1e30f,
    -1e30f,
    Float.MIN_VALUE,
    -0x1p-126f,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    0.34657359f,
    -0.34657359f
  };

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void whatIsNotFiniteIsRefused(float bad) {
    for (Kernels kernels : KernelsHere.all()) {
      float[] values = new float[64];
      values[37] = bad;
      assertThatThrownBy(
              () -> kernels.rmsNorm(values, 0, new float[64], 1e-5f, new float[64], 0, 64, SCRATCH))
          .isInstanceOf(NonFiniteException.class);
      float[] ones = new float[64];
      java.util.Arrays.fill(ones, 1f);
      assertThatThrownBy(() -> kernels.siluMultiply(ones, 0, values, 0, ones, 0, 64))
          .isInstanceOf(NonFiniteException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 63, 64, 65, 200, 320})
  void rmsNormHasTheScalarBits(int n) {
    RandomKernelInputs inputs = new RandomKernelInputs(n);
    float[] x = inputs.floats(n + 3, 2f);
    float[] weight = inputs.floats(n, 1f);
    float[] expected = new float[n + 1];
    SCALAR.rmsNorm(x, 3, weight, 1e-5f, expected, 1, n, SCRATCH);
    for (Kernels kernels : KernelsHere.fast()) {
      float[] actual = new float[n + 1];
      kernels.rmsNorm(x, 3, weight, 1e-5f, actual, 1, n, SCRATCH);
      assertSameBits(actual, expected, "n %d by %s", n, kernels.name());
    }
  }

  @Test
  void expHasTheScalarBitsAlsoAtItsEnds() {
    float[] values = new RandomKernelInputs(1).floats(500, 20f);
    System.arraycopy(EXTREMES, 0, values, 9, EXTREMES.length);
    values[0] = Float.NaN;
    values[1] = Float.POSITIVE_INFINITY;
    values[2] = Float.NEGATIVE_INFINITY;
    float[] expected = values.clone();
    SCALAR.exp(expected, 0, 499);
    assertThat(expected[0]).isNaN();
    expected[0] = 0f;
    for (Kernels kernels : KernelsHere.fast()) {
      float[] actual = values.clone();
      kernels.exp(actual, 0, 499);
      assertThat(actual[0]).isNaN();
      assertThat(actual[1]).isEqualTo(Float.POSITIVE_INFINITY);
      assertThat(actual[2]).isZero();
      actual[0] = 0f;
      assertSameBits(actual, expected, "exp by %s", kernels.name());
    }
  }

  @Test
  void siluHasTheScalarBits() {
    RandomKernelInputs inputs = new RandomKernelInputs(2);
    float[] gate = inputs.floats(333, 20f);
    System.arraycopy(EXTREMES, 0, gate, 100, EXTREMES.length);
    float[] up = inputs.floats(333, 0.1f);
    for (int i = 0; i < up.length; i++) {
      up[i] = Math.clamp(up[i], -0.5f, 0.5f);
    }
    float[] expected = new float[333];
    SCALAR.siluMultiply(gate, 1, up, 2, expected, 0, 330);
    for (Kernels kernels : KernelsHere.fast()) {
      float[] actual = new float[333];
      kernels.siluMultiply(gate, 1, up, 2, actual, 0, 330);
      assertSameBits(actual, expected, "silu by %s", kernels.name());
    }
  }

  @Test
  void rotationAndSumsHaveTheScalarBits() {
    RandomKernelInputs inputs = new RandomKernelInputs(3);
    Rope rope = new Rope(1e6, 20);
    float[] cos = new float[20];
    float[] sin = new float[20];
    rope.fill(0, cos, sin, 0);
    rope.fill(99_999, cos, sin, 10);
    float[] start = inputs.floats(61, 1f);
    float[] addend = inputs.floats(61, 1f);
    float[] expected = start.clone();
    SCALAR.rotate(expected, 1, 3, 20, cos, sin, 10);
    SCALAR.add(expected, 2, addend, 1, 57);
    for (Kernels kernels : KernelsHere.fast()) {
      float[] actual = start.clone();
      kernels.rotate(actual, 1, 3, 20, cos, sin, 10);
      kernels.add(actual, 2, addend, 1, 57);
      assertSameBits(actual, expected, "rotate and add by %s", kernels.name());
    }
  }
}
