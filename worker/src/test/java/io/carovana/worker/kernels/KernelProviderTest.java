package io.carovana.worker.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class KernelProviderTest {
  @Test
  void scalarIsScalarAndVectorNamesItsWidth() {
    assertThat(KernelProvider.select("scalar").name()).isEqualTo("scalar");
    assertThat(KernelProvider.select("vector").name()).matches("vector-(128|256|512)");
  }

  @Test
  void anUnknownWordIsRefused() {
    assertThatThrownBy(() -> KernelProvider.select("gpu"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("auto, vnni, vector or scalar, not gpu");
  }
}
