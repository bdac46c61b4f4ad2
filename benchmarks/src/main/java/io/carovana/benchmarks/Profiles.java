package io.carovana.benchmarks;

import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import io.carovana.model.tokenizer.Tokenizer;
import io.carovana.model.tokenizer.TokenizerLoader;
import io.carovana.worker.local.GenerateRequest;
import io.carovana.worker.local.GenerateResult.TokenLogprob;
import io.carovana.worker.local.LocalGenerator;
import io.carovana.worker.local.LocalOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a KV profile, and quantizing the weights while loading, does to a model's answers:
 * perplexity of a text, and how far log-probabilities are from those of the model as stored with
 * its cache in f32. Arguments: model, tokens per window, files. Windows do not overlap and begin
 * with the token that begins a sequence; what is left of the text at the end is not counted.
 */
public final class Profiles {
  private Profiles() {}

  /** Prints a line per profile. */
  public static void main(String[] args) throws IOException {
    if (args.length < 3) {
      System.err.println("usage: Profiles MODEL WINDOW FILE...");
      System.exit(2);
    }
    int window = Integer.parseInt(args[1]);
    try (ModelFiles files = ModelFiles.open(args[0])) {
      List<int[]> windows = windows(TokenizerLoader.load(files.tokenizer()), window, args);
      if (windows.isEmpty()) {
        System.err.println("the files hold less than " + window + " tokens");
        System.exit(2);
      }
      System.out.printf("%d windows of %d tokens%n", windows.size(), window);
      System.out.printf(
          "%-12s %12s %12s %12s %14s%n",
          "weights, kv", "perplexity", "mean |d|", "max |d|", "other best");
      List<TokenLogprob> plain = List.of();
      for (Precision precision : precisions(files)) {
        List<TokenLogprob> tokens = logprobs(files, precision, windows);
        plain = plain.isEmpty() ? tokens : plain;
        print(precision, tokens, plain);
      }
    }
  }

  /** As stored with every KV profile; float weights also quantized. */
  private static List<Precision> precisions(ModelFiles files) {
    List<Precision> precisions = new ArrayList<>();
    for (KvProfile kv : KvProfile.values()) {
      precisions.add(new Precision(Quantization.NONE, kv));
    }
    if (files.tensor(TensorPart.QUERY, 0) instanceof TensorInfo query && query.type().isFloat()) {
      precisions.add(new Precision(Quantization.Q8, KvProfile.F32));
      precisions.add(new Precision(Quantization.Q4, KvProfile.F32));
    }
    return precisions;
  }

  private static List<int[]> windows(Tokenizer tokenizer, int window, String[] args)
      throws IOException {
    StringBuilder text = new StringBuilder();
    for (String file : Arrays.asList(args).subList(2, args.length)) {
      text.append(Files.readString(Path.of(file)));
    }
    int[] ids = tokenizer.encode(text.toString());
    List<int[]> windows = new ArrayList<>();
    for (int from = 0; from + window - 1 <= ids.length; from += window - 1) {
      int[] one = new int[window];
      one[0] = tokenizer.bosId();
      System.arraycopy(ids, from, one, 1, window - 1);
      windows.add(one);
    }
    return windows;
  }

  /** The log-probability of every token but the first of each window, and the best one there. */
  private static List<TokenLogprob> logprobs(
      ModelFiles files, Precision precision, List<int[]> windows) {
    int threads = Runtime.getRuntime().availableProcessors();
    LocalOptions options =
        LocalOptions.DEFAULT
            .withThreads(threads)
            .withContext(windows.getFirst().length, 1)
            .withQuantization(precision.weights())
            .withKv(precision.kv());
    List<TokenLogprob> tokens = new ArrayList<>();
    try (LocalGenerator generator = LocalGenerator.open(files, options)) {
      for (int[] window : windows) {
        GenerateRequest request =
            new GenerateRequest(window, 0, Set.of(), 0, 1, 0, 0, false, 1, true, false);
        tokens.addAll(generator.generate(request).promptTokens());
      }
    }
    return tokens;
  }

  private static void print(
      Precision precision, List<TokenLogprob> tokens, List<TokenLogprob> plain) {
    double loss = 0;
    double distance = 0;
    double most = 0;
    int other = 0;
    for (int i = 0; i < tokens.size(); i++) {
      TokenLogprob token = tokens.get(i);
      double off = Math.abs((double) token.logprob() - plain.get(i).logprob());
      loss -= token.logprob();
      distance += off;
      most = Math.max(most, off);
      other += token.topIds()[0] == plain.get(i).topIds()[0] ? 0 : 1;
    }
    System.out.printf(
        Locale.ROOT,
        "%-12s %12.5f %12.5f %12.5f %8d of %d%n",
        precision.weights().id() + ", " + precision.kv().id(),
        Math.exp(loss / tokens.size()),
        distance / tokens.size(),
        most,
        other,
        tokens.size());
  }
}
