package io.carovana.benchmarks.load;

import java.util.List;

/**
 * What is to be run.
 *
 * @param url of the gateway
 * @param model a model's folder or file, for its tokenizer
 * @param seconds length of each phase
 * @param longTokens tokens of a long prompt
 * @param streams streams that never stop
 * @param clients requests under way at once while the sustained rate is measured
 * @param corpus files of code that prompts are cut from
 */
record LoadOptions(
    String url,
    String model,
    int seconds,
    int longTokens,
    int streams,
    int clients,
    List<String> corpus) {
  private static final int NUMBERS = 4;

  LoadOptions {
    if (seconds < 1 || longTokens < 1 || streams < 1 || clients < 1 || corpus.isEmpty()) {
      throw new IllegalArgumentException("all numbers must be positive, and there must be files");
    }
  }

  /** {@code URL MODEL SECONDS LONG_TOKENS STREAMS CLIENTS FILE...}, as the script has it. */
  static LoadOptions of(List<String> args) {
    if (args.size() < 3 + NUMBERS) {
      throw new IllegalArgumentException(
          "arguments: URL MODEL SECONDS LONG_TOKENS STREAMS CLIENTS FILE...");
    }
    List<Integer> numbers = args.subList(2, 2 + NUMBERS).stream().map(Integer::valueOf).toList();
    return new LoadOptions(
        args.get(0),
        args.get(1),
        numbers.get(0),
        numbers.get(1),
        numbers.get(2),
        numbers.get(3),
        List.copyOf(args.subList(2 + NUMBERS, args.size())));
  }
}
