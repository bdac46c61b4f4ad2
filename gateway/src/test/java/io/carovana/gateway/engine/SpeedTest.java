package io.carovana.gateway.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.carovana.protocol.v1.Pace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SpeedTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 4_096, 131_072})
  void readingIsTheSumOverAllPositions(int tokens) {
    Speed speed = new Speed(250, 40, 0);
    double sumUs = 0;
    for (int p = 0; p < tokens; p++) {
      sumUs += 250 + 40.0 * p / 1_000;
    }
    assertThat(speed.prefillMs(tokens)).isCloseTo(sumUs / 1_000, within(1e-6 * sumUs));
  }

  @Test
  void theRateFallsWithThePosition() {
    Speed speed = new Speed(250, 40, 0);
    assertThat(speed.prefillTokensPerSecond(0)).isEqualTo(4_000);
    assertThat(speed.prefillTokensPerSecond(18_750)).isEqualTo(1_000);
  }

  @Test
  void nothingIsKnownOfACoordinatorThatHasNotMeasured() {
    Speed speed = Speed.of(Pace.getDefaultInstance());
    assertThat(speed.prefillKnown()).isFalse();
    assertThat(speed.decodeKnown()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
  void nonsenseCountsAsUnknown(double value) {
    Pace pace = Pace.newBuilder().setTokenUs(value).setPositionNs(value).setDecodeMs(value).build();
    assertThat(Speed.of(pace)).isEqualTo(new Speed(0, 0, 0));
  }
}
