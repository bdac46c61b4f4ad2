package io.carovana.model.memory;

import io.carovana.model.Numerics;
import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.Int4Matrix;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelTensor;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.TensorReader;
import io.carovana.model.files.TensorSlice;
import io.carovana.model.files.WeightType;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.OwnBits;
import io.carovana.model.quant.OwnFormat;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.shard.ShardPlan.RankShard;

/**
 * Bytes one rank holds.
 *
 * @param weights its slices as packed for the kernels
 * @param kvPerToken keys and values of its heads in all its layers, per position
 * @param workspace activations of the largest step
 */
public record RankMemory(long weights, long kvPerToken, long workspace) {
  /** Rows per panel of packed weights; the last panel is padded. */
  public static final int PANEL_ROWS = 32;

  /** Rows of logits that the last stage holds at once. */
  private static final int LOGITS_ROWS = 32;

  /**
   * Bytes of one element of a matrix input: f32, its whole number as f32, as int16, in three forms
   * for packed codes, and its part of scales and sums.
   */
  private static final int INPUT_BYTES = 17;

  /** A running step and an urgent one between its layers each keep their rows. */
  private static final int STEP_DEPTHS = 2;

  /** Sum over ranks that share a machine. */
  public RankMemory plus(RankMemory other) {
    return new RankMemory(
        weights + other.weights, kvPerToken + other.kvPerToken, workspace + other.workspace);
  }

  /** Bytes of the KV pages for one sequence of {@code tokens} positions. */
  public long kvBytes(int tokens) {
    return kvBytes(new KvDemand(tokens, 1));
  }

  /** Bytes of the KV pages for all of {@code demand}. */
  public long kvBytes(KvDemand demand) {
    return kvPerToken * demand.pages() * Numerics.KV_PAGE_TOKENS;
  }

  /** Most pages of a pool, whatever the memory: an array holds one head's keys in all of them. */
  public static long maxKvPages(ModelConfig config) {
    long perPosition = Math.ceilDiv(config.headDim(), KvProfile.KEY_DIMS) * KvProfile.KEY_DIMS;
    return Integer.MAX_VALUE / (perPosition * Numerics.KV_PAGE_TOKENS);
  }

  /**
   * What rank {@code shard} of {@code plan} holds.
   *
   * @param maxStepTokens rows of the largest step
   * @throws ModelException.Unsupported if a tensor cannot be quantized so, or the KV cache cannot
   *     hold such heads
   */
  public static RankMemory of(
      TensorReader files, ShardPlan plan, RankShard shard, Precision precision, int maxStepTokens) {
    requireHeads(files, precision.kv());
    long weights = 0;
    for (TensorSlice slice : TensorSlice.of(plan.config(), shard)) {
      weights += packedBytes(files, slice, precision.weights());
    }
    return new RankMemory(
        weights,
        kvPerToken(plan.config(), shard, precision.kv()),
        workspace(plan, shard, maxStepTokens));
  }

  /** Bytes of one slice, packed in panels of {@link #PANEL_ROWS} rows; norms as f32. */
  public static long packedBytes(TensorReader files, TensorSlice slice, Quantization quantization) {
    ModelTensor tensor = files.tensor(slice.part(), slice.layer());
    if (slice.part().isNorm()) {
      return (long) tensor.columns() * Float.BYTES;
    }
    long rows = (long) Math.ceilDiv(slice.rows().size(), PANEL_ROWS) * PANEL_ROWS;
    return switch (tensor) {
      case TensorInfo stored -> rows * rowBytes(files, stored, slice, quantization);
      case Int4Matrix matrix ->
          rows * OwnFormat.of(files, matrix, quantization).rowBytes(slice.columns().size());
    };
  }

  private static long rowBytes(
      TensorReader files, TensorInfo tensor, TensorSlice slice, Quantization quantization) {
    OwnBits bits = quantization.bits(slice.part());
    return bits == null
        ? storedRowBytes(tensor, slice.columns())
        : OwnFormat.of(files.config(), tensor, bits).rowBytes(slice.columns().size());
  }

  /** As in the file, but K-quants' 6-bit scales and minima take a byte each. */
  private static long storedRowBytes(TensorInfo tensor, Range columns) {
    WeightType type = tensor.type();
    long width = tensor.roundOut(columns).size();
    long widened =
        type == WeightType.Q4_K || type == WeightType.Q5_K ? width / type.blockElements() * 4 : 0;
    return type.rowBytes(width) + widened;
  }

  private static void requireHeads(TensorReader files, KvProfile kv) {
    int headDim = files.config().headDim();
    if (headDim > kv.maxHeadDim()) {
      ModelTensor key = files.tensor(TensorPart.KEY, 0);
      throw new ModelException.Unsupported(
          key.file(),
          key.name(),
          "has heads of %d elements; a KV cache in %s takes at most %d"
              .formatted(headDim, kv.id(), kv.maxHeadDim()));
    }
  }

  /** Bytes of one position's keys and values in the whole model. */
  public static long kvPerToken(ModelConfig config, KvProfile kv) {
    return kv.bytesPerHead(config.headDim()) * config.layers() * config.kvHeads();
  }

  private static long kvPerToken(ModelConfig config, RankShard shard, KvProfile kv) {
    return kv.bytesPerHead(config.headDim()) * shard.layers().size() * shard.kvGroups().size();
  }

  /** The float buffers of a step, and the inputs of its matrices. */
  private static long workspace(ShardPlan plan, RankShard shard, int maxStepTokens) {
    ModelConfig config = plan.config();
    long hidden = config.hiddenSize();
    long queries = (long) shard.kvGroups().size() * config.headsPerKvHead() * config.headDim();
    long keys = (long) shard.kvGroups().size() * config.headDim();
    long ffn = plan.ffnLeaves().columns(shard.ffnLeaves()).size();
    int nodes =
        Math.max(
            plan.attentionTree().maximalNodes(shard.kvGroups()).size(),
            plan.ffnTree().maximalNodes(shard.ffnLeaves()).size());
    long perRow =
        hidden * (nodes + 1 + STEP_DEPTHS)
            + queries
            + keys * 2
            + ffn * 2
            + (long) STEP_DEPTHS * config.headDim();
    long logits = (long) LOGITS_ROWS * (config.vocabSize() + shard.vocabRows().size());
    long inputs = INPUT_BYTES * (hidden + queries + ffn) * maxStepTokens;
    return Float.BYTES * (perRow * maxStepTokens + logits) + inputs;
  }
}
