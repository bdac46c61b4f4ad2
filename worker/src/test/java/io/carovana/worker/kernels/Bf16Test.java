package io.carovana.worker.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Bf16Test {
  private static final long SEED = 16;
  private static final float LARGEST = 0x1.fep127f;

  /** No neighbour is nearer, and of two that are equally near it is the even one. */
  @Test
  void roundsToTheNearestAndTiesToEven() {
    Random random = new Random(SEED);
    for (int i = 0; i < 200_000; i++) {
      int bits = random.nextInt();
      float value = Float.intBitsToFloat(i % 3 == 0 ? bits & 0xffff0000 | 0x8000 : bits);
      if (Math.abs(value) <= LARGEST) {
        assertNearest(value);
      }
    }
  }

  private static void assertNearest(float value) {
    short rounded = Bf16.round(value, "test");
    BigDecimal off = distance(rounded, value);
    for (int step : new int[] {-1, 1}) {
      short neighbour = (short) (rounded + step);
      if ((neighbour ^ rounded) >= 0 && Float.isFinite(Bf16.widen(neighbour))) {
        int compared = off.compareTo(distance(neighbour, value));
        assertThat(compared < 0 || compared == 0 && rounded % 2 == 0)
            .as("%a to %a, seed %d", value, Bf16.widen(rounded), SEED)
            .isTrue();
      }
    }
    assertThat(rounded < 0).isEqualTo(Float.floatToRawIntBits(value) < 0);
  }

  private static BigDecimal distance(short bits, float value) {
    return new BigDecimal(Bf16.widen(bits)).subtract(new BigDecimal(value)).abs();
  }

  @Test
  void keepsEveryNumberItCanHold() {
    for (int bits = Short.MIN_VALUE; bits <= Short.MAX_VALUE; bits++) {
      float value = Bf16.widen((short) bits);
      if (Float.isFinite(value)) {
        assertThat(Bf16.round(value, "test")).isEqualTo((short) bits);
      }
    }
  }

  @Test
  void roundsTheLastNumbersBelowInfinityDown() {
    float last = Math.nextDown(0x1.ffp127f);
    assertThat(Bf16.widen(Bf16.round(last, "test"))).isEqualTo(LARGEST);
    assertThat(Bf16.widen(Bf16.round(-last, "test"))).isEqualTo(-LARGEST);
  }

  /** What would round to infinity, too. */
  @ParameterizedTest
  @ValueSource(
      floats = {0x1.ffp127f, -0x1.ffp127f, Float.MAX_VALUE, Float.NEGATIVE_INFINITY, Float.NaN})
  void refusesWhatItCannotHold(float value) {
    assertThatThrownBy(() -> Bf16.round(value, "here"))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("here");
  }
}
