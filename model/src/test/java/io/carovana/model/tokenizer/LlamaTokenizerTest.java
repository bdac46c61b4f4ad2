package io.carovana.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carovana.model.prompt.ChatMessage;
import io.carovana.model.prompt.ChatPrompt;
import io.carovana.model.prompt.CompletionPrompt;
import io.carovana.model.prompt.InfillPrompt;
import io.carovana.model.prompt.InfillPrompt.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Code Llama's own vocabulary: Llama 2's with the 16 infilling pieces. Its licence keeps it out of
 * the repository; these tests run where {@code $CAROVANA_SHARED/data/tokenizer/llama2.model} (by
 * default {@code ../shared} beside the repository) exists.
 */
class LlamaTokenizerTest {
  private static final Path SHARED =
      Path.of(
              Optional.ofNullable(System.getenv("CAROVANA_SHARED"))
                  .orElse(Path.of("..", "..", "shared").toString()))
          .resolve(Path.of("data", "tokenizer"));

  private static Tokenizer llama;
  private static Tokenizer codeLlama;

  @BeforeAll
  static void read() throws IOException {
    Path file = SHARED.resolve("llama2.model");
    assumeTrue(Files.exists(file), () -> "skipped: there is no " + file);
    byte[] model = Files.readAllBytes(file);
    llama = Tokenizer.fromModelProto(model);
    codeLlama = Tokenizer.fromModelProto(Protos.withInfilling(model));
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void encodesTheMeasuredTexts(String text, List<Integer> ids) {
    assertThat(llama.encode(text)).containsExactly(ids.toArray(Integer[]::new));
    assertThat(codeLlama.encode(text)).containsExactly(ids.toArray(Integer[]::new));
    assertThat(codeLlama.encodeUserText(text)).containsExactly(ids.toArray(Integer[]::new));
    assertThat(llama.decode(llama.encode(text))).isEqualTo(text);
  }

  static Stream<Arguments> vectors() {
    return Stream.of(
        vector(""),
        vector(" ", 259),
        vector("a", 263),
        vector(" a", 29871, 263),
        vector("  a", 259, 263),
        vector("\n", 29871, 13),
        vector("\t", 29871, 12),
        vector(" ".repeat(4), 418),
        vector(" ".repeat(16), 462, 29871),
        vector("\r\n", 6756, 13),
        vector("🦙", 29871, 243, 162, 169, 156),
        vector("<s>", 529, 29879, 29958),
        vector("</s>", 1533, 29879, 29958),
        vector("[INST] hi [/INST]", 518, 25580, 29962, 7251, 518, 29914, 25580, 29962));
  }

  private static Arguments vector(String text, Integer... ids) {
    return Arguments.of(text, List.of(ids));
  }

  @Test
  void encodesThePublishedTestFile() throws IOException {
    String[] texts =
        Files.readString(SHARED.resolve("spm.inp")).split("\n__ggml_vocab_test__\n", -1);
    List<String> lines = Files.readAllLines(SHARED.resolve("spm.out"));
    assertThat(lines.size()).isGreaterThan(40);
    for (int i = 0; i < lines.size(); i++) {
      int[] ids =
          Stream.of(lines.get(i).trim().split(" "))
              .filter(id -> !id.isEmpty())
              .mapToInt(Integer::parseInt)
              .toArray();
      assertThat(llama.encode(texts[i])).as("case %d", i).containsExactly(ids);
    }
  }

  @Test
  void findsTheSentinelsOfCodeLlama() {
    assertThat(codeLlama.infilling()).contains(new InfillIds(32007, 32008, 32009, 32010));
    assertThat(llama.infilling()).isEmpty();
  }

  @Test
  void textReachesASentinelOnlyWhereItIsMeantTo() {
    String text = "a <PRE> b <SUF>c <MID> <EOT><EOT>";
    assertThat(codeLlama.encode(text)).contains(32007, 32008, 32009);
    assertThat(codeLlama.encodeUserText(text)).containsExactly(llama.encode(text));
  }

  @Test
  void buildsTheGoldenInfillingPrompt() {
    String prefix = "def remove_non_ascii(s: str) -> str:\n    \"\"\" ";
    String suffix = "\n    return result\n";
    int[] golden = {
      1, 32007, 822, 3349, 29918, 5464, 29918, 294, 18869, 29898, 29879, 29901, 851, 29897, 1599,
      851, 29901, 13, 1678, 9995, 29871, 32008, 13, 1678, 736, 1121, 13, 32009
    };
    assertThat(InfillPrompt.of(codeLlama, prefix, suffix, Order.PSM, "suffix").ids())
        .containsExactly(golden);
    String text = "<PRE> " + prefix + " <SUF>" + suffix + " <MID>";
    assertThat(CompletionPrompt.ofText(codeLlama, text, "prompt").ids()).containsExactly(golden);
  }

  @Test
  void theTextFormIsWhatTheVocabularyItselfMakesOfIt() {
    String text = "<PRE> def f(x):\n    return x <SUF>\n\nprint(f(1)) <MID>";
    assertThat(CompletionPrompt.ofText(codeLlama, text, "prompt").ids())
        .containsExactly(
            Stream.concat(Stream.of(1), Arrays.stream(codeLlama.encode(text)).boxed())
                .toArray(Integer[]::new));
  }

  @Test
  void buildsAnInstructTurn() {
    assertThat(ChatPrompt.of(codeLlama).encode(List.of(new ChatMessage("user", " hi\n"))).ids())
        .containsExactly(1, 518, 25580, 29962, 7251, 518, 29914, 25580, 29962);
  }

  @Test
  void decodesAnInfillAsTheSmileyRuleDoes() {
    int[] infill = codeLlama.encodeUserContinuation("  x = 1\n y");
    int[] withSmiley = new int[infill.length + 1];
    withSmiley[0] = 31171;
    System.arraycopy(infill, 0, withSmiley, 1, infill.length);
    StreamingDetokenizer stream = StreamingDetokenizer.fillingIn(codeLlama);
    StringBuilder text = new StringBuilder();
    for (int id : infill) {
      text.append(stream.feed(id));
    }
    text.append(stream.finish());
    assertThat(text).hasToString(codeLlama.decode(withSmiley).substring(1));
    assertThat(text).hasToString("  x = 1\n y");
  }
}
