package io.carovana.worker.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.carovana.model.files.ModelFiles;
import io.carovana.worker.local.GenerateResult.TokenLogprob;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalGeneratorTest {
  private static final int CONTEXT = 48;

  @TempDir private Path folder;
  private ModelFiles files;
  private LocalGenerator generator;

  @BeforeEach
  void open() {
    files = TestModel.ODD_Q4_0.open(folder);
    generator =
        LocalGenerator.open(
            files, LocalOptions.DEFAULT.withContext(CONTEXT, 2).withPrefillChunk(16));
  }

  @AfterEach
  void close() {
    generator.close();
    files.close();
  }

  @Test
  void streamsWhatItReturnsAndEndsAtALimit() {
    List<Integer> streamed = new ArrayList<>();
    GenerateResult result = generator.generate(greedy(20, 9, Set.of()), streamed::add);
    assertThat(result.ids()).hasSize(9);
    assertThat(result.finishReason()).isEqualTo("length");
    assertThat(streamed.stream().mapToInt(Integer::intValue).toArray()).isEqualTo(result.ids());
    assertThat(result.timings().prefillTokens()).isEqualTo(20);
    assertThat(result.timings().decodeTokens()).isEqualTo(8);
    assertThat(result.timings().decodeTokensPerSecond()).isPositive();
  }

  @Test
  void aStopTokenEndsItAndIsNotPartOfIt() {
    int[] ids = generator.generate(greedy(20, 9, Set.of())).ids();
    int stop = ids[4];
    int first = 0;
    while (ids[first] != stop) {
      first++;
    }
    GenerateResult result = generator.generate(greedy(20, 9, Set.of(stop)));
    assertThat(result.ids()).isEqualTo(java.util.Arrays.copyOf(ids, first));
    assertThat(result.finishReason()).isEqualTo("stop");
  }

  @Test
  void theContextEndsIt() {
    GenerateResult result = generator.generate(greedy(CONTEXT - 3, 100, Set.of()));
    assertThat(result.ids()).hasSize(3);
    assertThat(result.finishReason()).isEqualTo("length");
    assertThat(generator.generate(greedy(CONTEXT, 5, Set.of())).ids()).isEmpty();
    assertThatThrownBy(() -> generator.generate(greedy(CONTEXT + 1, 1, Set.of())))
        .hasMessageContaining("the prompt has 49 tokens, the context holds 48");
    // refused requests give their pages back
    assertThat(generator.generateTogether(List.of(greedy(5, 1, Set.of()), greedy(6, 1, Set.of()))))
        .hasSize(2);
  }

  @Test
  void promptLogprobsAreThoseOfTheTokensThatFollow() {
    GenerateRequest request =
        new GenerateRequest(prompt(20), 0, Set.of(), 0, 1, 0, 0, false, 3, true, false);
    GenerateResult result = generator.generate(request);
    assertThat(result.ids()).isEmpty();
    assertThat(result.promptTokens()).hasSize(19);
    for (int i = 0; i < 19; i++) {
      TokenLogprob token = result.promptTokens().get(i);
      assertThat(token.id()).isEqualTo(prompt(20)[i + 1]);
      assertThat(token.logprob()).isLessThanOrEqualTo(token.topLogprobs()[0]);
      // the best continuation of the shorter prompt
      int[] shorter = java.util.Arrays.copyOf(prompt(20), i + 1);
      assertThat(generator.generate(GenerateRequest.greedy(shorter, 1, Set.of())).ids())
          .containsExactly(token.topIds()[0]);
    }
  }

  @Test
  void greedyTokenIsTheBestAndTopLogprobsDescend() {
    GenerateRequest request =
        new GenerateRequest(prompt(9), 6, Set.of(), 0, 1, 0, 0, true, 20, false, true);
    GenerateResult result = generator.generate(request);
    assertThat(result.tokens()).hasSize(6);
    for (TokenLogprob token : result.tokens()) {
      assertThat(token.topIds()).hasSize(20).startsWith(token.id());
      assertThat(token.topLogprobs()[0]).isCloseTo(token.logprob(), within(0f));
      for (int i = 1; i < 20; i++) {
        assertThat(token.topLogprobs()[i]).isLessThanOrEqualTo(token.topLogprobs()[i - 1]);
      }
    }
  }

  @Test
  void aSeedReproducesASampleAndAnotherChangesIt() {
    GenerateResult first = generator.generate(Requests.sampled(prompt(9), 1));
    assertThat(generator.generate(Requests.sampled(prompt(9), 1)).ids()).isEqualTo(first.ids());
    assertThat(generator.generate(Requests.sampled(prompt(9), 2)).ids()).isNotEqualTo(first.ids());
  }

  @Test
  void refusesMoreRequestsThanItHasRoomFor() {
    GenerateRequest one = greedy(3, 1, Set.of());
    assertThatThrownBy(() -> generator.generateTogether(List.of(one, one, one)))
        .hasMessageContaining("3 requests, but room for 2");
  }

  private GenerateRequest greedy(int promptLength, int maxTokens, Set<Integer> stops) {
    return GenerateRequest.greedy(prompt(promptLength), maxTokens, stops);
  }

  private int[] prompt(int length) {
    return Requests.prompt(length, files.config().vocabSize(), 3);
  }
}
