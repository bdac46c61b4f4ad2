package io.carovana.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What arrives piece by piece must add up to what decoding everything at once gives. */
class StreamingDetokenizerTest {
  private static final Tokenizer TOKENIZER = DemoModel.tokenizer();
  private static final int ROUNDS = 20_000;

  /** Characters of one to four bytes. */
  private static final String CHARACTERS = "Aé€🦙";

  @Test
  void holdsBytesBackUntilTheyAreACharacter() {
    StreamingDetokenizer stream = StreamingDetokenizer.ofWholeText(TOKENIZER);
    int[] llama = bytes("🦙");
    assertThat(stream.feed(llama[0])).isEmpty();
    assertThat(stream.feed(llama[1])).isEmpty();
    assertThat(stream.feed(llama[2])).isEmpty();
    assertThat(stream.isHoldingBack()).isTrue();
    assertThat(stream.feed(llama[3])).isEqualTo("🦙");
    assertThat(stream.isHoldingBack()).isFalse();
    assertThat(stream.finish()).isEmpty();
  }

  @Test
  void replacesEachByteOfACharacterThatStaysIncomplete() {
    StreamingDetokenizer ended = StreamingDetokenizer.ofWholeText(TOKENIZER);
    int[] llama = bytes("🦙");
    for (int i = 0; i < 3; i++) {
      assertThat(ended.feed(llama[i])).isEmpty();
    }
    assertThat(ended.finish()).isEqualTo("\uFFFD\uFFFD\uFFFD");

    StreamingDetokenizer interrupted = StreamingDetokenizer.ofWholeText(TOKENIZER);
    interrupted.feed(llama[0]);
    interrupted.feed(llama[1]);
    assertThat(interrupted.feed(TOKENIZER.idOf("se").getAsInt())).isEqualTo("\uFFFD\uFFFDse");
  }

  @Test
  void takesTheDummySpaceOffOnlyWhereATextBegins() {
    int[] ids = TOKENIZER.encode("x = 1");
    assertThat(join(StreamingDetokenizer.ofWholeText(TOKENIZER), ids)).isEqualTo("x = 1");
    assertThat(join(StreamingDetokenizer.fillingIn(TOKENIZER), ids)).isEqualTo(" x = 1");
    int[] bos = {TOKENIZER.bosId()};
    assertThat(join(StreamingDetokenizer.continuing(TOKENIZER, bos), ids)).isEqualTo("x = 1");
    int[] prompt = TOKENIZER.encode("y");
    assertThat(join(StreamingDetokenizer.continuing(TOKENIZER, prompt), ids)).isEqualTo(" x = 1");
  }

  @Test
  void returnsACharacterWholeThatThePromptBegan() {
    int[] euro = bytes("€");
    int[] prompt = {TOKENIZER.bosId(), euro[0], euro[1]};
    StreamingDetokenizer completed = StreamingDetokenizer.continuing(TOKENIZER, prompt);
    assertThat(completed.feed(euro[2])).isEqualTo("€");

    // Decoding the prompt alone already gave both replacement characters.
    StreamingDetokenizer broken = StreamingDetokenizer.continuing(TOKENIZER, prompt);
    assertThat(broken.feed(TOKENIZER.idOf("se").getAsInt())).isEqualTo("se");
  }

  @Test
  void addsUpToTheWholeForRandomIds() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      int[] ids = randomIds(random);
      assertThat(join(StreamingDetokenizer.ofWholeText(TOKENIZER), ids))
          .as("seed %d: %s", seed, Arrays.toString(ids))
          .isEqualTo(TOKENIZER.decode(ids));
    }
  }

  @Test
  void addsUpToPromptAndContinuationForRandomIds() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int compared = 0;
    for (int round = 0; round < ROUNDS; round++) {
      int[] prompt = randomIds(random);
      int[] ids = randomIds(random);
      String promptText = TOKENIZER.decode(prompt);
      String whole = TOKENIZER.decode(concat(prompt, ids));
      // Not a prefix only where the continuation completes the prompt's last character.
      if (whole.startsWith(promptText)) {
        assertThat(join(StreamingDetokenizer.continuing(TOKENIZER, prompt), ids))
            .as("seed %d: %s + %s", seed, Arrays.toString(prompt), Arrays.toString(ids))
            .isEqualTo(whole.substring(promptText.length()));
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(ROUNDS / 2);
  }

  @Test
  void fillsInAsIfAnyTextStoodBefore() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int[] before = {TOKENIZER.idOf("se").getAsInt()};
    for (int round = 0; round < ROUNDS; round++) {
      int[] ids = randomIds(random);
      assertThat(join(StreamingDetokenizer.fillingIn(TOKENIZER), ids))
          .as("seed %d: %s", seed, Arrays.toString(ids))
          .isEqualTo(TOKENIZER.decode(concat(before, ids)).substring("se".length()));
    }
  }

  @Test
  void givesNoTextForRowsOfLogitsThatHaveNoPiece() {
    for (int id : new int[] {TOKENIZER.vocabSize(), Integer.MAX_VALUE}) {
      int[] ids = {bytes("€")[0], id, TOKENIZER.idOf("se").getAsInt()};
      assertThat(join(StreamingDetokenizer.ofWholeText(TOKENIZER), ids)).isEqualTo("\uFFFDse");
      assertThat(TOKENIZER.bytesOf(id)).isEmpty();
    }
  }

  @Test
  void refusesNegativeIds() {
    for (int id : new int[] {-1, Integer.MIN_VALUE}) {
      assertThatThrownBy(() -> StreamingDetokenizer.ofWholeText(TOKENIZER).feed(id))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  private static String join(StreamingDetokenizer stream, int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(stream.feed(id));
    }
    return text.append(stream.finish()).toString();
  }

  /** Characters byte by byte, often cut short, between bytes, control pieces and words. */
  private static int[] randomIds(Random random) {
    IntStream.Builder ids = IntStream.builder();
    for (int left = random.nextInt(12); left > 0; left--) {
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          int at = random.nextInt(4);
          int[] character = bytes(CHARACTERS.substring(at, CHARACTERS.offsetByCodePoints(at, 1)));
          Arrays.stream(character).limit(1 + random.nextInt(character.length)).forEach(ids::add);
        }
        case 2 -> ids.add(byteId(random.nextInt(256)));
        case 3 -> ids.add(random.nextInt(3));
        case 4 -> ids.add(TOKENIZER.idOf("▁").getAsInt());
        default -> ids.add(random.nextInt(TOKENIZER.vocabSize()));
      }
    }
    return ids.build().toArray();
  }

  private static int[] bytes(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return IntStream.range(0, utf8.length).map(i -> byteId(utf8[i] & 0xFF)).toArray();
  }

  private static int byteId(int value) {
    return TOKENIZER.idOf("<0x%02X>".formatted(value)).getAsInt();
  }

  private static int[] concat(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }
}
