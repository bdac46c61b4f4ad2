package io.carovana.benchmarks.load;

import io.carovana.model.files.ModelFiles;
import io.carovana.model.tokenizer.Tokenizer;
import io.carovana.model.tokenizer.TokenizerLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Prompts cut from real code, each beginning at another line, so that no two begin alike and the
 * prefix cache helps none.
 */
final class Prompts {
  private static final int SHORT_TOKENS = 200;

  private final Tokenizer tokenizer;
  private final String code;
  private final Random random = new Random(1);

  private Prompts(Tokenizer tokenizer, String code) {
    this.tokenizer = tokenizer;
    this.code = code;
  }

  static Prompts open(String model, List<String> corpus) throws IOException {
    StringBuilder code = new StringBuilder();
    for (String file : corpus) {
      code.append(Files.readString(Path.of(file)));
    }
    try (ModelFiles files = ModelFiles.open(model)) {
      return new Prompts(TokenizerLoader.load(files.tokenizer()), code.toString());
    }
  }

  /** About 200 tokens. */
  synchronized String nextShort() {
    return next(SHORT_TOKENS);
  }

  /**
   * Some lines of about {@code tokens} tokens; usage tells how many exactly, for the end of what is
   * cut off may be tokenized in another way.
   */
  synchronized String next(int tokens) {
    int from = code.indexOf('\n', random.nextInt(code.length())) + 1;
    int[] ids = new int[0];
    for (int characters = 3 * tokens; ids.length < tokens; characters *= 2) {
      if (characters > 2 * code.length()) {
        throw new IllegalArgumentException("the files hold fewer than " + tokens + " tokens");
      }
      ids = tokenizer.encode(around(from, characters));
    }
    return tokenizer.decode(Arrays.copyOf(ids, tokens - 1)); // and one that begins a sequence
  }

  /** Goes on at the beginning when the end is reached. */
  private String around(int from, int characters) {
    int left = code.length() - from;
    return characters <= left
        ? code.substring(from, from + characters)
        : code.substring(from) + code.substring(0, Math.min(from, characters - left));
  }
}
