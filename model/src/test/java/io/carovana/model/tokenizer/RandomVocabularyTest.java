package io.carovana.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random vocabularies over a tiny alphabet, where pieces overlap, scores tie and intermediate
 * pieces are missing far more often than in a trained one.
 */
class RandomVocabularyTest {
  private static final int VOCABULARIES = 400;
  private static final int TEXTS = 40;
  private static final String[] ALPHABET = {"a", "b", "c", "▁", "é", "🦙"};

  @Test
  void mergesInTheOrderOfTheReference() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < VOCABULARIES; round++) {
      Tokenizer tokenizer = randomTokenizer(random);
      ReferenceBpe reference = new ReferenceBpe(tokenizer);
      for (int i = 0; i < TEXTS; i++) {
        // Lengths on both sides of where scanning gives way to the heap.
        String text = randomText(random, random.nextInt(i % 4 == 0 ? 160 : 20));
        assertThat(tokenizer.encode(text))
            .as("seed %d, vocabulary %d, \"%s\"", seed, round, text)
            .containsExactly(reference.encode(text).toArray(Integer[]::new));
      }
    }
  }

  @Test
  void survivesBeingHandedOver() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < VOCABULARIES; round++) {
      Tokenizer tokenizer = randomTokenizer(random);
      Tokenizer copy = Tokenizer.fromModelProto(tokenizer.toModelProto());
      String text = randomText(random, 60);
      assertThat(copy.encode(text)).as("seed %d", seed).containsExactly(tokenizer.encode(text));
    }
  }

  private static Tokenizer randomTokenizer(Random random) {
    List<String> pieces = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    List<Integer> types = new ArrayList<>(List.of(2, 3, 3));
    if (random.nextBoolean()) {
      for (int value = 0; value < 256; value++) {
        pieces.add("<0x%02X>".formatted(value));
        types.add(6);
      }
    }
    int characters = random.nextInt(ALPHABET.length + 1);
    for (int i = 0; i < characters; i++) {
      pieces.add(ALPHABET[i]);
      types.add(1);
    }
    for (int left = random.nextInt(40); left > 0; left--) {
      StringBuilder piece = new StringBuilder();
      for (int length = 2 + random.nextInt(5); length > 0; length--) {
        piece.append(ALPHABET[random.nextInt(ALPHABET.length)]);
      }
      if (!pieces.contains(piece.toString())) {
        pieces.add(piece.toString());
        types.add(1);
      }
    }
    float[] scores = new float[pieces.size()];
    for (int id = 0; id < scores.length; id++) {
      int rank = random.nextInt(12);
      scores[id] = rank == 0 ? -0.0f : rank == 1 ? 0.0f : -rank;
    }
    return new GgufVocabulary(
            "llama",
            pieces.toArray(String[]::new),
            scores,
            types.stream().mapToInt(Integer::intValue).toArray(),
            OptionalInt.of(1),
            OptionalInt.of(2),
            true,
            false,
            false)
        .toTokenizer();
  }

  private static String randomText(Random random, int length) {
    String[] more = Arrays.copyOf(ALPHABET, ALPHABET.length + 2);
    more[ALPHABET.length] = " ";
    more[ALPHABET.length + 1] = "z";
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append(more[random.nextInt(more.length)].repeat(1 + random.nextInt(3)));
    }
    return text.toString();
  }
}
