package io.carovana.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TimeWordsTest {
  @ParameterizedTest
  @CsvSource({
    "0, 1 s",
    "1499, 1 s",
    "1500, 2 s",
    "119499, 119 s",
    "119500, 2 min",
    "720000, 12 min",
    "7169999, 119 min",
    "7170000, 2 h 0 min",
    "11100000, 3 h 5 min",
  })
  void roundsToWhatIsWorthReading(double ms, String words) {
    assertThat(TimeWords.of(ms)).isEqualTo(words);
  }
}
