package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.FastProductsTest.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.RandomKernelInputs;
import io.carovana.worker.kernels.ScalarKernels;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms of a quantized input that products in lanes read are the specification's. */
@Tag("widths")
class VectorRowsTest {
  private static final Kernels SCALAR = new ScalarKernels();
  private static final Kernels VECTOR = new VectorKernels();

  @ParameterizedTest
  @ValueSource(ints = {32, 64, 128})
  void quantizationHasTheScalarBits(int block) {
    RandomKernelInputs inputs = new RandomKernelInputs(block);
    Activations expected = new Activations(3, 3 * block, true);
    inputs.fill(expected.values(), 0, 3 * block, 1f);
    inputs.fill(expected.values(), 3 * block, 6 * block, 1e30f);
    inputs.fill(expected.values(), 6 * block, 7 * block, 0x1p-104f);
    inputs.fill(expected.values(), 7 * block, 9 * block, 0x1p-90f);
    Activations actual = new Activations(3, 3 * block, true);
    System.arraycopy(expected.values(), 0, actual.values(), 0, 9 * block);
    SCALAR.quantize(expected, block, 0, 3);
    VECTOR.quantize(actual, block, 0, 3);
    assertSameBits(actual.codes(), expected.codes(), "codes");
    assertSameBits(actual.scales(), expected.scales(), "scales");
    assertThat(actual.pairs()).isEqualTo(expected.pairs());
    assertThat(actual.sums()).isEqualTo(expected.sums());
  }
}
