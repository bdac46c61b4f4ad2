package io.carovana.coordinator;

import io.carovana.protocol.NodeSettings;
import java.nio.file.Path;
import java.util.List;

/**
 * What a coordinator is started with.
 *
 * @param node addresses and folders
 * @param model folder or GGUF file of the model
 * @param modelName name clients see
 * @param quantize {@code none}, {@code q4} or {@code q8}
 * @param kvProfile how the KV cache holds keys and values, {@code f32}, {@code bf16} or {@code q8}
 * @param context longest sequence, tokens; 0 for what fits
 * @param minWorkers workers the first placement waits for
 * @param stages pipeline stages
 * @param split relative sizes of the tensor-parallel ranks of a stage; empty for an even split
 * @param prefillChunk most prompt tokens of one step
 * @param maxSequences most sequences running at once
 * @param maxQueue most requests waiting
 * @param prefixCache whether finished blocks of the KV cache are kept for other requests
 * @param speculation whether tokens are guessed ahead
 * @param fenceAfterMs silence or standstill after which a rank is fenced, ms
 */
public record CoordinatorSettings(
    NodeSettings node,
    Path model,
    String modelName,
    String quantize,
    String kvProfile,
    int context,
    int minWorkers,
    int stages,
    List<Double> split,
    int prefillChunk,
    int maxSequences,
    int maxQueue,
    boolean prefixCache,
    boolean speculation,
    long fenceAfterMs) {
  /** Copies the list. */
  public CoordinatorSettings {
    split = List.copyOf(split);
  }
}
