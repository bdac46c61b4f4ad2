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
  /** Refuses matrices that share an input but want it quantized in different blocks. */
  LayerWeights {
    requireOneBlock(query, key, value);
    requireOneBlock(gate, up);
  }

  /** Block that the input of q, k and v is quantized in, 0 for none. */
  int attentionBlock() {
    return Math.max(block(query), Math.max(block(key), block(value)));
  }

  /** Block that the input of the output projection is quantized in, 0 for none. */
  int outputBlock() {
    return block(attentionOutput);
  }

  /** Block that the input of gate and up is quantized in, 0 for none. */
  int ffnBlock() {
    return Math.max(block(gate), block(up));
  }

  /** Block that the input of down is quantized in, 0 for none. */
  int downBlock() {
    return block(down);
  }

  private static int block(Panels matrix) {
    return matrix.format().block();
  }

  private static void requireOneBlock(Panels... matrices) {
    int block = 0;
    for (Panels matrix : matrices) {
      int own = block(matrix);
      if (own != 0 && block != 0 && own != block) {
        throw new IllegalArgumentException(
            "matrices of one input are quantized in blocks of " + block + " and " + own);
      }
      block = Math.max(block, own);
    }
  }

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
