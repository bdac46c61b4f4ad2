package io.carovana.gateway.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.gateway.generation.TextDelta.TokenText;
import io.carovana.gateway.text.ModelText;
import io.carovana.gateway.text.StopSet;
import io.carovana.model.prompt.CompletionPrompt;
import io.carovana.model.tokenizer.Tokenizer;
import io.carovana.protocol.v1.Token;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ChoiceTextTest {
  private static final String CODE =
      "    total = 0\n    for 🦙 in héllo:\n        total += 1\n\ndef next_one():\n";

  private final Tokenizer tokenizer;

  ChoiceTextTest() throws IOException {
    byte[] proto = Files.readAllBytes(Path.of("..", "model", "demo-model", "tokenizer.model"));
    ModelText text = ModelText.read("d", proto, 4096);
    tokenizer = text.tokenizer();
  }

  @Test
  void textAndTokensAddUpToWhatWasGenerated() {
    Shown shown = show(List.of(), 3, tokenizer.encodeUserContinuation(CODE));
    assertThat(shown.text).isEqualTo(CODE);
    assertThat(shown.tokens).hasSize(tokenizer.encodeUserContinuation(CODE).length);
    for (TokenText token : shown.tokens) {
      byte[] bytes = tokenizer.bytesOf(token.token().getId());
      String own = new String(bytes, StandardCharsets.UTF_8);
      if (!own.contains("\ufffd")) {
        int from = CODE.offsetByCodePoints(0, token.offset() - 3);
        assertThat(CODE.substring(from)).startsWith(own);
      }
    }
  }

  @Test
  void aStopThatEndsInsideATokenCutsTheTextAndItsTokens() {
    int[] ids = tokenizer.encodeUserContinuation(CODE);
    Shown shown = show(List.of("\n\nde"), 0, ids);
    assertThat(shown.stopped).isTrue();
    assertThat(shown.text).isEqualTo(CODE.substring(0, CODE.indexOf("\n\ndef")));
    int visible = shown.text.codePointCount(0, shown.text.length());
    assertThat(shown.tokens).isNotEmpty().allMatch(token -> token.offset() < visible);
    TokenText last = shown.tokens.getLast();
    int end = last.offset() + tokenizer.bytesOf(last.token().getId()).length;
    assertThat(end).isGreaterThanOrEqualTo(visible);
  }

  @Test
  void aTokenStandsInNoDeltaBeforeItsText() {
    long seed = 7;
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      int[] ids = random.ints(20, 0, tokenizer.vocabSize()).toArray();
      List<String> stops = List.of("e", " x", "\n");
      ChoiceText choice = choice(stops, 0);
      int points = 0;
      for (int i = 0; i < ids.length && !choice.stopped(); i++) {
        TextDelta delta = choice.accept(Token.newBuilder().setId(ids[i]).build());
        points += delta.text().codePointCount(0, delta.text().length());
        for (TokenText token : delta.tokens()) {
          assertThat(token.offset()).as("seed %d round %d", seed, round).isLessThan(points);
        }
      }
    }
  }

  @Test
  void bytesThatNeverBecomeACharacterAreShownAtTheEnd() {
    int llama = tokenizer.idOf("<0xF0>").orElseThrow();
    ChoiceText choice = choice(List.of(), 0);
    assertThat(choice.accept(Token.newBuilder().setId(llama).build()).isEmpty()).isTrue();
    TextDelta end = choice.finish();
    assertThat(end.text()).isEqualTo("\ufffd");
    assertThat(end.tokens()).hasSize(1);
    assertThat(choice.tokens()).isEqualTo(1);
  }

  @Test
  void anIdWithoutAPieceHasNoText() {
    ChoiceText choice = choice(List.of(), 0);
    assertThat(choice.accept(Token.newBuilder().setId(tokenizer.vocabSize()).build()).text())
        .isEmpty();
    assertThat(choice.finish().tokens()).hasSize(1);
  }

  private record Shown(String text, List<TokenText> tokens, boolean stopped) {}

  private Shown show(List<String> stops, int offset, int[] ids) {
    ChoiceText choice = choice(stops, offset);
    StringBuilder shown = new StringBuilder();
    List<TokenText> tokens = new ArrayList<>();
    for (int i = 0; i < ids.length && !choice.stopped(); i++) {
      TextDelta delta = choice.accept(Token.newBuilder().setId(ids[i]).build());
      shown.append(delta.text());
      tokens.addAll(delta.tokens());
    }
    if (!choice.stopped()) {
      TextDelta delta = choice.finish();
      shown.append(delta.text());
      tokens.addAll(delta.tokens());
    }
    return new Shown(shown.toString(), tokens, choice.stopped());
  }

  private ChoiceText choice(List<String> stops, int offset) {
    return new ChoiceText(
        CompletionPrompt.ofText(tokenizer, "x", "prompt").detokenizer(tokenizer),
        new StopSet(stops),
        offset);
  }
}
