package io.carovana.gateway.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StopMatcherTest {
  @Test
  void findsAStopThatBeginsAndEndsInsidePieces() {
    StopMatcher matcher = new StopMatcher(new StopSet(List.of("\ndef")));
    assertThat(matcher.accept("return 1\n")).isEqualTo("return 1");
    assertThat(matcher.accept("de")).isEmpty();
    assertThat(matcher.accept("f f():")).isEmpty();
    assertThat(matcher.stopped()).isTrue();
    assertThat(matcher.finish()).isEmpty();
  }

  @Test
  void releasesWhatTurnsOutNotToBeAStop() {
    StopMatcher matcher = new StopMatcher(new StopSet(List.of("\ndef")));
    assertThat(matcher.accept("a\nde")).isEqualTo("a");
    assertThat(matcher.accept("pth")).isEqualTo("\ndepth");
    assertThat(matcher.accept("\nd")).isEmpty();
    assertThat(matcher.finish()).isEqualTo("\nd");
    assertThat(matcher.stopped()).isFalse();
  }

  @Test
  void theStopThatIsCompleteFirstWinsAndTheLongestOfThose() {
    StopMatcher first = new StopMatcher(new StopSet(List.of("abcd", "bc")));
    assertThat(first.accept("xabcd")).isEqualTo("xa");
    StopMatcher longest = new StopMatcher(new StopSet(List.of("bc", "abc")));
    assertThat(longest.accept("xabc")).isEqualTo("x");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void agreesWithASearchOfTheWholeTextHoweverItIsCut(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      List<String> stops = new ArrayList<>();
      for (int i = random.nextInt(4); i >= 0; i--) {
        stops.add(letters(random, 1 + random.nextInt(4)));
      }
      String text = letters(random, random.nextInt(24));
      StopMatcher matcher = new StopMatcher(new StopSet(stops));
      StringBuilder shown = new StringBuilder();
      int at = 0;
      while (at < text.length()) {
        int end = Math.min(text.length(), at + 1 + random.nextInt(5));
        shown.append(matcher.accept(text.substring(at, end)));
        assertThat(cut(text, stops)).as("seed %d: only final text", seed).startsWith(shown);
        at = end;
      }
      boolean stopped = matcher.stopped();
      shown.append(matcher.finish());
      assertThat(shown.toString())
          .as("seed %d round %d: %s in %s", seed, round, stops, text)
          .isEqualTo(cut(text, stops));
      assertThat(stopped).isEqualTo(stops.stream().anyMatch(text::contains));
    }
  }

  /** The specification: the shortest beginning that ends with a stop, without its longest stop. */
  private static String cut(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      int length = 0;
      for (String stop : stops) {
        if (text.substring(0, end).endsWith(stop)) {
          length = Math.max(length, stop.length());
        }
      }
      if (length > 0) {
        return text.substring(0, end - length);
      }
    }
    return text;
  }

  private static String letters(Random random, int length) {
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < length; i++) {
      letters.append((char) ('a' + random.nextInt(2)));
    }
    return letters.toString();
  }
}
