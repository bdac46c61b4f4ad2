package io.carovana.cli.up;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LoadingLinesTest {
  private static final long START_MS = 1_000_000;

  private final LoadingLines lines = new LoadingLines();

  @Test
  void aPhaseHasALineAtOnceAndThenOneEveryTwoSeconds() {
    int shown = 0;
    for (int i = 0; i < 30; i++) { // six seconds of questions every 200 ms
      shown += lines.next(loading("reading", i), START_MS + 200L * i).isPresent() ? 1 : 0;
    }
    assertThat(shown).isEqualTo(3);
    assertThat(lines.next(loading("checking", 30), START_MS + 4_200))
        .hasValue("loading; worker-1 checking 30 %");
    assertThat(lines.next(loading("checking", 31), START_MS + 4_400)).isEmpty();
  }

  @Test
  void nothingIsSaidTwiceUnlessSomethingElseHappened() {
    assertThat(lines.next(loading("reading", 5), START_MS)).isPresent();
    assertThat(lines.next("", START_MS + 60_000)).isEmpty();
    assertThat(lines.next(loading("reading", 5), START_MS + 60_000)).isEmpty();
    lines.reset();
    assertThat(lines.next(loading("reading", 5), START_MS + 60_001)).isPresent();
  }

  private static String loading(String phase, int percent) {
    return "loading; worker-1 " + phase + " " + percent + " %";
  }
}
