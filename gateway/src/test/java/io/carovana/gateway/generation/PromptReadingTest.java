package io.carovana.gateway.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.gateway.engine.Engine.Reading;
import io.carovana.gateway.engine.EngineRequest;
import io.carovana.gateway.text.ModelText;
import io.carovana.model.tokenizer.StreamingDetokenizer;
import io.carovana.protocol.v1.Priority;
import io.carovana.protocol.v1.SamplingParams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PromptReadingTest {
  private final ModelText text;

  PromptReadingTest() throws IOException {
    byte[] proto = Files.readAllBytes(Path.of("..", "model", "demo-model", "tokenizer.model"));
    text = ModelText.read("d", proto, 4096);
  }

  @Test
  void choicesOfAPromptCountOnceAndAsTheFurthest() {
    PromptReading reading = reading(3, 100);
    assertThat(reading.now()).isEqualTo(new Reading(0, 100, 0, Reading.UNKNOWN));
    reading.progress(1, new Reading(40, 100, 10, 600));
    reading.progress(0, new Reading(30, 100, 20, 700));
    assertThat(reading.now()).isEqualTo(new Reading(40, 100, 10, 600));
    reading.progress(2, new Reading(100, 100, 90, 0));
    assertThat(reading.now()).isEqualTo(new Reading(100, 100, 90, 0));
  }

  @Test
  void promptsAddUpAndTheSlowestSaysHowLong() {
    PromptReading reading = reading(1, 100, 50);
    reading.progress(0, new Reading(40, 100, 10, 600));
    assertThat(reading.now()).isEqualTo(new Reading(40, 150, 10, Reading.UNKNOWN));
    reading.progress(1, new Reading(5, 50, 5, 900));
    assertThat(reading.now()).isEqualTo(new Reading(45, 150, 15, 900));
    reading.progress(1, new Reading(50, 50, 5, 0));
    assertThat(reading.now()).isEqualTo(new Reading(90, 150, 15, 600));
  }

  @Test
  void beginningAgainIsNoProgress() {
    PromptReading reading = reading(1, 100);
    assertThat(reading.progress(0, new Reading(0, 100, 0, -1))).isTrue();
    assertThat(reading.progress(0, new Reading(40, 100, 0, 600))).isTrue();
    assertThat(reading.progress(0, new Reading(40, 100, 0, 600))).isFalse();
    assertThat(reading.progress(0, new Reading(8, 100, 8, 900))).isFalse();
    assertThat(reading.now().done()).isEqualTo(40);
    assertThat(reading.progress(0, new Reading(41, 100, 8, 500))).isTrue();
  }

  @Test
  void cachedIsWhatNoChoiceHadToRead() {
    PromptReading reading = reading(2, 100, 50);
    assertThat(reading.cachedTokens()).isZero();
    reading.cached(0, 16);
    reading.cached(1, 100);
    assertThat(reading.cachedTokens()).isEqualTo(16);
    reading.cached(3, 48);
    assertThat(reading.cachedTokens()).isEqualTo(64);
  }

  @Test
  void cachedIsNeverMoreThanThePrompt() {
    PromptReading reading = reading(1, 100, 50);
    reading.cached(0, 1_000);
    reading.cached(1, -5);
    assertThat(reading.cachedTokens()).isEqualTo(100);
  }

  private PromptReading reading(int n, int... lengths) {
    List<Job.Choice> choices = new ArrayList<>();
    for (int prompt = 0; prompt < lengths.length; prompt++) {
      for (int i = 0; i < n; i++) {
        EngineRequest request =
            new EngineRequest(
                "r" + choices.size(),
                new int[lengths[prompt]],
                SamplingParams.getDefaultInstance(),
                16,
                List.of(),
                1_000,
                "local",
                Priority.INTERACTIVE);
        choices.add(
            new Job.Choice(
                prompt, request, StreamingDetokenizer.ofWholeText(text.tokenizer()), Echo.NONE));
      }
    }
    return new PromptReading(choices);
  }
}
