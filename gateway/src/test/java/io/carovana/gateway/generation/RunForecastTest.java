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
  void adviceIsToStreamWhereThePromptIsTheCause() {
    assertThat(RunForecast.of(SPEED, List.of(100_000), 0).overrun(60_000))
        .hasValue(
            new RunForecast.Overrun(
                "stream",
                "reading the prompt of 100000 tokens takes about 100 s if nothing else runs. An"
                    + " answer in one piece must be complete within 60 s (request-limit-s). Send"
                    + " \"stream\": true: a stream is not cut off while its prompt is read"));
    assertThat(message(List.of(100_000, 100_000), 0, 60_000))
        .startsWith("reading the 2 prompts of together 200000 tokens takes about 3 min if nothing")
        .doesNotContain("max_tokens");
  }

  @Test
  void adviceIsOfMaxTokensWhereTheAnswerIsTheCause() {
    assertThat(RunForecast.of(SPEED, List.of(100_000), 8_000).overrun(600_000))
        .hasValue(
            new RunForecast.Overrun(
                "max_tokens",
                "reading the prompt of 100000 tokens takes about 100 s, and max_tokens 8000 up to"
                    + " 13 min more if nothing else runs. An answer in one piece must be complete"
                    + " within 10 min (request-limit-s). Send a max_tokens of at most 5000"));
  }

  @Test
  void eitherHelpsWhereOnlyBothTogetherAreTooLong() {
    RunForecast forecast = RunForecast.of(SPEED, List.of(400_000), 3_000);
    assertThat(forecast.overrun(600_000).orElseThrow().field()).isEqualTo("stream");
    assertThat(message(List.of(400_000), 3_000, 600_000))
        .endsWith("while its prompt is read; or a max_tokens of at most 2000");
  }

  @Test
  void aStreamNeedsAnAnswerWithinTheLimitToo() {
    assertThat(message(List.of(700_000), 8_000, 600_000))
        .contains("Send \"stream\": true")
        .endsWith("; and a max_tokens of at most 6000: its answer has the limit too");
  }

  @Test
  void partsBelowASecondAreLeftOut() {
    assertThat(message(List.of(69_000), 5, 60_000))
        .startsWith("reading the prompt of 69000 tokens takes about 69 s if nothing else runs.")
        .doesNotContain("max_tokens");
    assertThat(message(List.of(999), 700, 60_000))
        .startsWith("max_tokens 700 takes up to 70 s if nothing else runs.")
        .endsWith("Send a max_tokens of at most 590");
    assertThat(message(List.of(700), 7, 1_000)).startsWith("reading the prompt of 700 tokens");
  }

  private static String message(List<Integer> prompts, int answerTokens, long limitMs) {
    return RunForecast.of(SPEED, prompts, answerTokens).overrun(limitMs).orElseThrow().message();
  }
}
