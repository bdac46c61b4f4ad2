package io.carovana.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A megabyte of anything takes a moment; merging by quadratic search would take hours. */
class LongTextTest {
  private static final int LENGTH = 1 << 20;
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Tokenizer TOKENIZER = DemoModel.tokenizer();

  @ParameterizedTest
  @ValueSource(
      strings = {
        " ",
        "a",
        "=",
        "\n",
        "▁",
        "in",
        "🦙",
        "\0",
        " <EOT>",
        "x",
        "def f(x):\n    return x + 1\n\n",
      })
  void encodesAMegabyteOfRepetition(String unit) {
    String text = unit.repeat(LENGTH / unit.length());
    int[] ids = assertTimeoutPreemptively(LIMIT, () -> TOKENIZER.encode(text));
    assertThat(TOKENIZER.decode(ids)).isEqualTo(text.replace('▁', ' '));
  }

  @ParameterizedTest
  @ValueSource(strings = {"se tinor", "ab", "\t \n"})
  void encodesAMegabyteOfRandomLetters(String alphabet) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < LENGTH; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    int[] ids = assertTimeoutPreemptively(LIMIT, () -> TOKENIZER.encode(text.toString()));
    assertThat(TOKENIZER.decode(ids)).as("seed %d", seed).isEqualTo(text.toString());
  }
}
