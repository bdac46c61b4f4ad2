package io.carovana.worker.kernels;

import static io.carovana.worker.kernels.FastProductsTest.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Quantization has the specification's bits, by whatever kernels this JVM can run. */
@Tag("widths")
class FastQuantizationTest {
  private static final Kernels SCALAR = new ScalarKernels();

  @ParameterizedTest
  @ValueSource(ints = {32, 64, 128})
  void codesAndScalesAreTheScalarOnes(int block) {
    Activations expected = filled(SCALAR, block);
    SCALAR.quantize(expected, block, 0, 3);
    for (Kernels kernels : KernelsHere.fast()) {
      Activations actual = filled(kernels, block);
      kernels.quantize(actual, block, 0, 3);
      assertSameBits(actual.codes(), expected.codes(), "codes by %s", kernels.name());
      assertSameBits(actual.scales(), expected.scales(), "scales by %s", kernels.name());
    }
  }

  /** As layers do it: some columns at a time, the last ones first, by whatever rows. */
  @ParameterizedTest
  @ValueSource(ints = {32, 64, 128})
  void partsGiveTheWhole(int block) {
    for (Kernels kernels : KernelsHere.all()) {
      Activations whole = filled(kernels, block);
      kernels.quantize(whole, block, 0, 3);
      Activations parts = filled(kernels, block);
      kernels.quantize(parts, block, 0, 1, 2 * block, 3 * block);
      kernels.quantize(parts, block, 1, 3, block, 3 * block);
      kernels.quantize(parts, block, 0, 1, 0, 2 * block);
      kernels.quantize(parts, block, 1, 3, 0, block);
      kernels.quantize(parts, block, 1, 3, block, block);
      assertSameBits(parts.codes(), whole.codes(), "codes by %s", kernels.name());
      assertSameBits(parts.scales(), whole.scales(), "scales by %s", kernels.name());
      assertThat(parts.pairs()).as("pairs by %s", kernels.name()).isEqualTo(whole.pairs());
      assertThat(parts.sums()).as("sums by %s", kernels.name()).isEqualTo(whole.sums());
      assertThat(parts.packed().nibbles()).isEqualTo(whole.packed().nibbles());
      assertThat(parts.packed().uppers()).isEqualTo(whole.packed().uppers());
      assertThat(parts.packed().fifths()).isEqualTo(whole.packed().fifths());
      assertThat(parts.packed().offsets()).isEqualTo(whole.packed().offsets());
      assertThat(parts.vnni().forNibbles()).isEqualTo(whole.vnni().forNibbles());
      assertThat(parts.vnni().forBytes()).isEqualTo(whole.vnni().forBytes());
    }
  }

  /** Rows of many magnitudes, some of which count as zero. */
  private static Activations filled(Kernels kernels, int block) {
    RandomKernelInputs inputs = new RandomKernelInputs(block);
    Activations x = kernels.activations(3, 3 * block, true);
    inputs.fill(x.values(), 0, 3 * block, 1f);
    inputs.fill(x.values(), 3 * block, 6 * block, 1e30f);
    inputs.fill(x.values(), 6 * block, 7 * block, 0x1p-104f);
    inputs.fill(x.values(), 7 * block, 9 * block, 0x1p-90f);
    return x;
  }

  /** Of what is outside a part nothing is read. */
  @Test
  void onlyThePartIsChecked() {
    for (Kernels kernels : KernelsHere.all()) {
      Activations x = kernels.activations(2, 96, true);
      x.values()[96 + 40] = Float.POSITIVE_INFINITY;
      kernels.quantize(x, 32, 0, 2, 0, 32);
      kernels.quantize(x, 32, 0, 1, 0, 96);
      assertThatThrownBy(() -> kernels.quantize(x, 32, 0, 2, 32, 96))
          .isInstanceOf(NonFiniteException.class);
    }
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
