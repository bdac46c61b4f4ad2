package io.carovana.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizesTest {
  @ParameterizedTest
  @CsvSource({
    "0,0",
    "17,17",
    "1k,1024",
    "512m,536870912",
    "1.5g,1610612736",
    "16GiB,17179869184",
    "2T,2199023255552"
  })
  void readsBytesWithUnits(String text, long bytes) {
    assertThat(Sizes.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "g", "-1g", "1e9", "12 apples", "99999999999t"})
  void refusesWhatIsNoSize(String text) {
    assertThatThrownBy(() -> Sizes.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"17,17 B", "1024,1.0 KiB", "1610612736,1.5 GiB", "214748364800,200 GiB"})
  void writesThemForPeople(long bytes, String text) {
    assertThat(Sizes.format(bytes)).isEqualTo(text);
  }
}
