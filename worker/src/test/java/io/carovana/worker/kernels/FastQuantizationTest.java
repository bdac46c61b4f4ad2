package io.carovana.worker.kernels;

import static io.carovana.worker.kernels.FastProductsTest.assertSameBits;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Quantization has the specification's bits, by whatever kernels this JVM can run. */
@Tag("widths")
class FastQuantizationTest {
  private static final Kernels SCALAR = new ScalarKernels();

  @ParameterizedTest
  @ValueSource(ints = {32, 64, 128})
  void codesAndScalesAreTheScalarOnes(int block) {
    Activations expected = filled(block);
    SCALAR.quantize(expected, block, 0, 3);
    for (Kernels kernels : KernelsHere.fast()) {
      Activations actual = filled(block);
      kernels.quantize(actual, block, 0, 3);
      assertSameBits(actual.codes(), expected.codes(), "codes by %s", kernels.name());
      assertSameBits(actual.scales(), expected.scales(), "scales by %s", kernels.name());
    }
  }

  /** Rows of many magnitudes, some of which count as zero. */
  private static Activations filled(int block) {
    RandomKernelInputs inputs = new RandomKernelInputs(block);
    Activations x = new Activations(3, 3 * block, true);
    inputs.fill(x.values(), 0, 3 * block, 1f);
    inputs.fill(x.values(), 3 * block, 6 * block, 1e30f);
    inputs.fill(x.values(), 6 * block, 7 * block, 0x1p-104f);
    inputs.fill(x.values(), 7 * block, 9 * block, 0x1p-90f);
    return x;
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void whatIsNotFiniteIsRefused(float bad) {
    for (Kernels kernels : KernelsHere.all()) {
      Activations x = kernels.activations(2, 64, true);
      x.values()[101] = bad;
      assertThatThrownBy(() -> kernels.quantize(x, 32, 0, 2))
          .isInstanceOf(NonFiniteException.class);
    }
  }
}
