package io.carovana.worker.local;

import io.carovana.model.Numerics;
import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.TensorReader;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.shard.ShardPlan;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.protocol.step.StepResult.Status;
import io.carovana.worker.shard.CpuShard;
import io.carovana.worker.shard.LoadProgress;
import io.carovana.worker.shard.ShardOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Generates in one process, without a cluster: prompts are prefilled chunk by chunk, then decoded,
 * with all requests given together batched as the coordinator would. What it answers is what every
 * cluster must answer, byte for byte. One call at a time.
 */
public final class LocalGenerator implements AutoCloseable {
  private final LocalOptions options;
  private final LocalCluster cluster;
  private final double loadSeconds;
  private final ArrayDeque<int[]> pages = new ArrayDeque<>();
  private final StepPlan plan = new StepPlan();
  private final List<LocalSequence> planned = new ArrayList<>();
  private final int chunkRows;
  private long sequences;
  private long steps;

  private LocalGenerator(LocalOptions options, LocalCluster cluster, double loadSeconds) {
    this.options = options;
    this.cluster = cluster;
    this.loadSeconds = loadSeconds;
    this.chunkRows = Math.min(options.prefillChunk(), options.context());
    int perSequence = pagesPerSequence(options);
    for (int s = 0; s < options.maxSequences(); s++) {
      pages.add(interleavedPages(s, options.maxSequences(), perSequence));
    }
  }

  /** Loads every rank of {@code files}. */
  public static LocalGenerator open(TensorReader files, LocalOptions options) {
    return open(files, options, LoadProgress.SILENT);
  }

  /**
   * Loads every rank of {@code files}.
   *
   * @param progress told the bytes of all ranks together
   * @throws io.carovana.model.files.ModelException if the weights cannot be read or used
   * @throws IllegalArgumentException if the model cannot be cut as the options ask
   */
  public static LocalGenerator open(
      TensorReader files, LocalOptions options, LoadProgress progress) {
    long start = System.nanoTime();
    LocalCluster cluster =
        LocalCluster.open(files, plan(files.config(), options), shardOptions(options), progress);
    return new LocalGenerator(options, cluster, (System.nanoTime() - start) / 1e9);
  }

  /** How the options cut a model. */
  public static ShardPlan plan(ModelConfig config, LocalOptions options) {
    return ShardPlan.of(config, Collections.nCopies(options.stages(), options.weights()));
  }

  /** How every rank is held. */
  public static ShardOptions shardOptions(LocalOptions options) {
    int chunk = Math.min(options.prefillChunk(), options.context());
    return new ShardOptions(
        options.threads(),
        Math.multiplyExact(options.maxSequences(), pagesPerSequence(options)),
        chunk + options.maxSequences(),
        options.maxSequences(),
        options.precision(),
        options.kernel(),
        0,
        "compute");
  }

  private static int pagesPerSequence(LocalOptions options) {
    return (options.context() + Numerics.KV_PAGE_TOKENS - 1) / Numerics.KV_PAGE_TOKENS;
  }

  /** Pages of different sequences alternate, so that nothing relies on neighbours. */
  private static int[] interleavedPages(int sequence, int sequences, int count) {
    int[] pages = new int[count];
    for (int i = 0; i < count; i++) {
      pages[i] = i * sequences + sequence;
    }
    return pages;
  }

  /** Seconds that loading and warming up took. */
  public double loadSeconds() {
    return loadSeconds;
  }

  /** The kernel in use. */
  public String kernel() {
    return cluster.shards().getFirst().kernel();
  }

  /** How the KV cache holds keys and values. */
  public KvProfile kv() {
    return options.precision().kv();
  }

  /** Bytes of weights and KV pools of all ranks. */
  public long residentBytes() {
    return cluster.shards().stream().mapToLong(shard -> shard.residentBytes()).sum();
  }

  /** The ranks. */
  public LocalCluster cluster() {
    return cluster;
  }

  /** Generates. */
  public GenerateResult generate(GenerateRequest request) {
    return generate(request, token -> {});
  }

  /**
   * Generates.
   *
   * @param onToken told every token as it comes, on the calling thread
   * @throws IllegalArgumentException if the prompt exceeds the context
   * @throws IllegalStateException if the numbers went wrong (NaN or infinity), naming the layer
   */
  public GenerateResult generate(GenerateRequest request, IntConsumer onToken) {
    return generate(List.of(request), 0, onToken).getFirst();
  }

  /**
   * Generates for several requests batched together: decodes first, then prefill chunks.
   *
   * @return results in the order of the requests
   */
  public List<GenerateResult> generateTogether(List<GenerateRequest> requests) {
    return generate(requests, 0, token -> {});
  }

  /**
   * Measures at late positions: as {@link #generateTogether}, but the first {@code depth} tokens of
   * each prompt are not computed. What the KV cache holds for them is made up ({@link
   * CpuShard#fillKvCache}), so times mean something, and tokens do not.
   */
  public List<GenerateResult> generateAt(int depth, List<GenerateRequest> requests) {
    return generate(requests, depth, token -> {});
  }

  private List<GenerateResult> generate(
      List<GenerateRequest> requests, int depth, IntConsumer onToken) {
    if (requests.size() > pages.size()) {
      throw new IllegalArgumentException(
          requests.size() + " requests, but room for " + pages.size());
    }
    List<LocalSequence> running = new ArrayList<>();
    long start = System.nanoTime();
    try {
      for (GenerateRequest request : requests) {
        running.add(
            new LocalSequence(
                sequences++, request, pages.element(), depth, options.context(), start, onToken));
        pages.remove();
      }
      while (formStep(running)) {
        step();
      }
      return running.stream().map(LocalSequence::result).toList();
    } finally {
      running.forEach(sequence -> pages.add(sequence.pages()));
    }
  }

  /** Puts running decodes into the plan, then prompt rows up to the chunk. */
  private boolean formStep(List<LocalSequence> running) {
    plan.clear();
    planned.clear();
    int promptRows = chunkRows;
    for (LocalSequence sequence : running) {
      if (!sequence.finished() && !sequence.prefilling()) {
        add(sequence, 1);
      }
    }
    for (LocalSequence sequence : running) {
      if (sequence.prefilling() && promptRows > 0) {
        int rows = Math.min(promptRows, sequence.pending());
        add(sequence, rows);
        promptRows -= rows;
      }
    }
    return plan.size() > 0;
  }

  private void add(LocalSequence sequence, int rows) {
    sequence.fill(plan.add(), rows);
    planned.add(sequence);
  }

  private void step() {
    plan.step = ++steps;
    StepResult result = cluster.step(plan);
    for (StepResult rank : cluster.results()) {
      if (rank.status != Status.DONE) {
        throw new IllegalStateException(
            "the step ended as " + rank.status + (rank.failure == null ? "" : ": " + rank.failure));
      }
    }
    long now = System.nanoTime();
    for (int i = 0; i < planned.size(); i++) {
      planned.get(i).accept(plan.get(i).rows, result.get(i), now);
    }
  }

  @Override
  public void close() {
    cluster.close();
  }
}
