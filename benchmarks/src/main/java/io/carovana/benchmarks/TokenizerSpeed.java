package io.carovana.benchmarks;

import io.carovana.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * How long one thread takes to encode and decode a text in one call: {@code TokenizerSpeed
 * TOKENIZER.model TEXT}. {@code tools/compare/tokenizer_speed.py} measures the sentencepiece
 * library in the same way.
 */
public final class TokenizerSpeed {
  private static final int WARM_UP_ROUNDS = 20;
  private static final int ROUNDS = 15;

  private TokenizerSpeed() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      System.err.println("usage: TokenizerSpeed TOKENIZER.model TEXT");
      System.exit(2);
    }
    Tokenizer tokenizer = Tokenizer.fromModelProto(Files.readAllBytes(Path.of(args[0])));
    String text = Files.readString(Path.of(args[1]));
    double[] encodeMs = new double[ROUNDS];
    double[] decodeMs = new double[ROUNDS];
    int tokens = 0;
    for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      long began = System.nanoTime();
      int[] ids = tokenizer.encode(text);
      long encoded = System.nanoTime();
      String decoded = tokenizer.decode(ids);
      long ended = System.nanoTime();
      if (decoded.length() != text.length()) {
        throw new IllegalStateException("the text did not survive");
      }
      if (round >= 0) {
        encodeMs[round] = (encoded - began) / 1e6;
        decodeMs[round] = (ended - encoded) / 1e6;
        tokens = ids.length;
      }
    }
    System.out.printf(
        Locale.ROOT,
        "{\"tokens\": %d, \"encode_ms\": %.1f, \"decode_ms\": %.1f}%n",
        tokens,
        median(encodeMs),
        median(decodeMs));
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }
}
