package io.carovana.worker.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpPolynomialTest {
  /** Every 997th float: two million arguments of both signs that neither vanish nor overflow. */
  private static final int STRIDE = 997;

  @Test
  void errorsStayWithinAboutOneUnitInTheLastPlace() {
    double worst = 0;
    for (float limit : new float[] {88.72f, -87.33f}) {
      int last = Float.floatToRawIntBits(limit) & Integer.MAX_VALUE;
      int sign = Float.floatToRawIntBits(limit) & Integer.MIN_VALUE;
      for (int bits = 0; bits < last; bits += STRIDE) {
        float x = Float.intBitsToFloat(bits | sign);
        double exact = Math.exp(x);
        double error = Math.abs(ExpPolynomial.exp(x) - exact) / Math.ulp((float) exact);
        worst = Math.max(worst, error);
      }
    }
    assertThat(worst).isLessThan(1.02).isGreaterThan(0.5);
  }

  @ParameterizedTest
  @ValueSource(floats = {-87.4f, -95f, -100f, -103f, -103.9f})
  void denormalResultsAreWithinTwoSteps(float x) {
    assertThat(ExpPolynomial.exp(x) / Float.MIN_VALUE)
        .isCloseTo(
            (float) (Math.exp(x) / Float.MIN_VALUE), org.assertj.core.data.Offset.offset(2f));
  }

  @Test
  void theEndsAreExact() {
    assertThat(ExpPolynomial.exp(0f)).isEqualTo(1f);
    assertThat(ExpPolynomial.exp(-0f)).isEqualTo(1f);
    assertThat(ExpPolynomial.exp(-104f)).isEqualTo(0f);
    assertThat(ExpPolynomial.exp(Float.NEGATIVE_INFINITY)).isEqualTo(0f);
    assertThat(ExpPolynomial.exp(88.73f)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(ExpPolynomial.exp(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(ExpPolynomial.exp(Float.NaN)).isNaN();
    assertThat(ExpPolynomial.silu(-1e30f)).isZero();
    assertThat(ExpPolynomial.silu(1e30f)).isEqualTo(1e30f);
    assertThat(ExpPolynomial.silu(Float.NaN)).isNaN();
  }
}
