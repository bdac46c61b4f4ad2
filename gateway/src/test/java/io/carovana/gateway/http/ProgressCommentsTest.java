package io.carovana.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.gateway.engine.Engine.Reading;
import org.junit.jupiter.api.Test;

final class ProgressCommentsTest {
  private static final long SECOND_NS = 1_000_000_000;

  private final ProgressComments comments = new ProgressComments();

  @Test
  void saysWhatIsKnown() {
    assertThat(words(new Reading(34_816, 100_000, 4_096, 12_000)))
        .isEqualTo("progress 34816/100000 (34 %), 4096 from cache, about 12 s left");
    assertThat(words(new Reading(99_999, 100_000, 0, 3)))
        .isEqualTo("progress 99999/100000 (99 %), about 1 s left");
    assertThat(words(new Reading(0, 7, 0, Reading.UNKNOWN))).isEqualTo("progress 0/7 (0 %)");
    assertThat(words(new Reading(7, 7, 7, 0))).isEqualTo("progress 7/7 (100 %), 7 from cache");
  }

  @Test
  void saysTheFirstAtOnceAndThenOneASecond() {
    long start = Long.MAX_VALUE - SECOND_NS / 2; // nanoTime may overflow on the way
    assertThat(comments.of(at(1), start)).isPresent();
    assertThat(comments.of(at(2), start + SECOND_NS - 1)).isEmpty();
    assertThat(comments.of(at(3), start + SECOND_NS).orElseThrow()).contains("3/10");
    assertThat(comments.of(at(4), start + 2 * SECOND_NS - 1)).isEmpty();
    assertThat(comments.of(at(5), start + 9 * SECOND_NS)).isPresent();
  }

  private static Reading at(int done) {
    return new Reading(done, 10, 0, Reading.UNKNOWN);
  }

  private static String words(Reading reading) {
    return new ProgressComments().of(reading, 0).orElseThrow();
  }
}
