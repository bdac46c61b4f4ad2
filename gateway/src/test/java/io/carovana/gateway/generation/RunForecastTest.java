package io.carovana.gateway.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.gateway.engine.Speed;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RunForecastTest {
  private static final Speed SPEED = new Speed(1_000, 0, 100);

  @Test
  void promptsAddUpAndAnswersCountAsTheRequestSays() {
    assertThat(RunForecast.of(SPEED, List.of(2_000, 3_000), 50).mostMs()).isEqualTo(10_000);
    assertThat(RunForecast.of(SPEED, List.of(2_000, 3_000), 0).mostMs()).isEqualTo(5_000);
  }

  @Test
  void nothingIsRefusedBeforeThePaceIsKnown() {
    RunForecast none = RunForecast.of(new Speed(0, 50, 100), List.of(100_000), 100_000);
    assertThat(none.mostMs()).isZero();
    assertThat(none.overrun(1)).isEmpty();
  }

  @Test
  void readingAloneCountsWhileWritingIsUnknown() {
    RunForecast reading = RunForecast.of(new Speed(1_000, 0, 0), List.of(2_000), 1_000_000);
    assertThat(reading.overrun(2_000)).isEmpty();
    assertThat(reading.overrun(1_999)).isPresent();
  }

  @Test
  void whatFitsTheLimitExactlyIsNotRefused() {
    RunForecast forecast = RunForecast.of(SPEED, List.of(2_000), 10);
    assertThat(forecast.overrun(3_000)).isEmpty();
    assertThat(forecast.overrun(2_999)).isPresent();
  }

  @Test
  void tellsThePredictionTheLimitAndWhatToDo() {
    assertThat(RunForecast.of(SPEED, List.of(100_000), 8_000).overrun(600_000))
        .hasValue(
            "reading the prompt of 100000 tokens takes about 100 s, and max_tokens 8000 up to"
                + " 13 min more: at most 15 min if nothing else runs. An answer in one piece must"
                + " be complete within 10 min (request-limit-s). Send \"stream\": true: a stream is"
                + " not cut off while its prompt is read; or a max_tokens of at most 5000");
    assertThat(RunForecast.of(SPEED, List.of(100_000, 100_000), 0).overrun(60_000).orElseThrow())
        .startsWith("reading the 2 prompts of together 200000 tokens takes about 3 min. An answer")
        .doesNotContain("max_tokens");
    assertThat(RunForecast.of(SPEED, List.of(100_000), 5).overrun(60_000).orElseThrow())
        .doesNotContain("max_tokens of at most");
  }
}
