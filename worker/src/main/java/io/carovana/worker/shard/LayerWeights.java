package io.carovana.worker.shard;

import io.carovana.worker.kernels.Panels;

/**
 * This rank's part of one layer.
 *
 * @param attentionNorm {@code [hidden]}
 * @param query {@code [own heads * headDim, hidden]}, pairs half-split
 * @param key {@code [own kvHeads * headDim, hidden]}, pairs half-split
 * @param value {@code [own kvHeads * headDim, hidden]}
 * @param attentionOutput {@code [hidden, own heads * headDim]}
 * @param ffnNorm {@code [hidden]}
 * @param gate {@code [own ffn columns, hidden]}
 * @param up {@code [own ffn columns, hidden]}
 * @param down {@code [hidden, own ffn columns]}
 */
@SuppressWarnings("ArrayRecordComponent") // weights are arrays everywhere
record LayerWeights(
    float[] attentionNorm,
    Panels query,
    Panels key,
    Panels value,
    Panels attentionOutput,
    float[] ffnNorm,
    Panels gate,
    Panels up,
    Panels down) {
  long bytes() {
    return 4L * (attentionNorm.length + ffnNorm.length)
        + query.bytes()
        + key.bytes()
        + value.bytes()
        + attentionOutput.bytes()
        + gate.bytes()
        + up.bytes()
        + down.bytes();
  }
}
