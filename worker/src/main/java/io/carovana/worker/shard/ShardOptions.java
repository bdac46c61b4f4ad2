package io.carovana.worker.shard;

import io.carovana.model.quant.Precision;

/**
 * How a shard is held and computed.
 *
 * @param threads compute threads, the caller's included
 * @param kvPages pages of the KV pool; page numbers in plans are below it
 * @param maxStepTokens most rows of one step
 * @param maxSequences most sequences of one step
 * @param precision what weights and KV cache are held in
 * @param kernel {@code auto}, {@code vnni}, {@code vector} or {@code scalar}
 * @param warmUpMs how long the shard may run by itself before it is ready, so that kernels are
 *     compiled, ms; 0 for not at all
 * @param name prefix of thread names
 */
public record ShardOptions(
    int threads,
    int kvPages,
    int maxStepTokens,
    int maxSequences,
    Precision precision,
    String kernel,
    int warmUpMs,
    String name) {
  /** Refuses sizes that are not positive. */
  public ShardOptions {
    if (threads < 1 || kvPages < 1 || maxStepTokens < 1 || maxSequences < 1) {
      throw new IllegalArgumentException(
          "threads, kvPages, maxStepTokens and maxSequences must be positive: "
              + threads
              + ", "
              + kvPages
              + ", "
              + maxStepTokens
              + ", "
              + maxSequences);
    }
  }
}
