package io.carovana.worker.kernels.vector;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.worker.kernels.KernelProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Shows that the build's forks really run different widths. */
@Tag("widths")
class VectorWidthTest {
  @Test
  void thisForkRunsTheWidthItWasStartedFor() {
    int limit = Integer.getInteger("carovana.test.maxVectorBits", 512);
    int bits = Lanes.SHAPE.vectorBitSize();
    // A machine with narrower vectors runs its own width again.
    assertThat(bits).isLessThanOrEqualTo(limit).isGreaterThanOrEqualTo(128);
    assertThat(KernelProvider.select("vector").name()).isEqualTo("vector-" + bits);
  }
}
