package io.carovana.worker.local;

import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import java.util.List;

/**
 * How a model is run in one process. None of it changes a token or a logit, except {@code
 * precision}, which changes the weights and the KV cache.
 *
 * @param ranks tensor-parallel ranks of each stage
 * @param split relative sizes of the ranks of a stage, {@code [ranks]}; empty for an even split
 * @param stages pipeline stages
 * @param threads compute threads of each rank
 * @param prefillChunk most prompt tokens of one step
 * @param context longest sequence, tokens
 * @param maxSequences most sequences running at once
 * @param precision what weights and KV cache are held in
 * @param kernel {@code auto}, {@code vnni}, {@code vector} or {@code scalar}
 */
public record LocalOptions(
    int ranks,
    List<Double> split,
    int stages,
    int threads,
    int prefillChunk,
    int context,
    int maxSequences,
    Precision precision,
    String kernel) {

  /** One rank, one thread, chunks of 512, weights as stored, room for one sequence of 2048. */
  public static final LocalOptions DEFAULT =
      new LocalOptions(1, List.of(), 1, 1, 512, 2048, 1, Precision.AS_STORED, "auto");

  /** Checks ranges; names the option that is out of them. */
  public LocalOptions {
    split = List.copyOf(split);
    requirePositive("ranks", ranks);
    requirePositive("stages", stages);
    requirePositive("threads", threads);
    requirePositive("prefill-chunk", prefillChunk);
    requirePositive("context", context);
    requirePositive("sequences", maxSequences);
    if (!split.isEmpty() && split.size() != ranks) {
      throw new IllegalArgumentException(
          "split names " + split.size() + " ranks, but there are " + ranks);
    }
  }

  /** Relative sizes of the ranks of a stage, {@code [ranks]}. */
  public double[] weights() {
    double[] weights = new double[ranks];
    for (int r = 0; r < ranks; r++) {
      weights[r] = split.isEmpty() ? 1 : split.get(r);
    }
    return weights;
  }

  /** With {@code ranks} even ranks per stage and {@code stages} stages. */
  public LocalOptions withRanks(int ranks, int stages) {
    return new LocalOptions(
        ranks, List.of(), stages, threads, prefillChunk, context, maxSequences, precision, kernel);
  }

  /** With ranks in the proportions of {@code split}. */
  public LocalOptions withSplit(List<Double> split) {
    return new LocalOptions(
        split.size(),
        split,
        stages,
        threads,
        prefillChunk,
        context,
        maxSequences,
        precision,
        kernel);
  }

  /** With {@code threads} compute threads per rank. */
  public LocalOptions withThreads(int threads) {
    return new LocalOptions(
        ranks, split, stages, threads, prefillChunk, context, maxSequences, precision, kernel);
  }

  /** With prompts cut into chunks of {@code prefillChunk}. */
  public LocalOptions withPrefillChunk(int prefillChunk) {
    return new LocalOptions(
        ranks, split, stages, threads, prefillChunk, context, maxSequences, precision, kernel);
  }

  /** With room for {@code maxSequences} sequences of {@code context} tokens each. */
  public LocalOptions withContext(int context, int maxSequences) {
    return new LocalOptions(
        ranks, split, stages, threads, prefillChunk, context, maxSequences, precision, kernel);
  }

  /** With weights quantized while loading. */
  public LocalOptions withQuantization(Quantization quantization) {
    return withPrecision(new Precision(quantization, precision.kv()));
  }

  /** With the KV cache in {@code kv}. */
  public LocalOptions withKv(KvProfile kv) {
    return withPrecision(new Precision(precision.weights(), kv));
  }

  private LocalOptions withPrecision(Precision precision) {
    return new LocalOptions(
        ranks, split, stages, threads, prefillChunk, context, maxSequences, precision, kernel);
  }

  /** With the kernel {@code kernel}. */
  public LocalOptions withKernel(String kernel) {
    return new LocalOptions(
        ranks, split, stages, threads, prefillChunk, context, maxSequences, precision, kernel);
  }

  private static void requirePositive(String option, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(option + " must be positive, is " + value);
    }
  }
}
