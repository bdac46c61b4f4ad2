package io.carovana.worker.shard;

import io.carovana.worker.kernels.Panels;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything a rank holds of the model.
 *
 * @param embedding own vocabulary rows {@code [rows, hidden]}; null outside the first stage
 * @param layers the layers of its stage
 * @param outputNorm {@code [hidden]}; null outside the last stage
 * @param lmHead own vocabulary rows {@code [rows, hidden]}; null outside the last stage
 * @param digests of every slice, in the order of loading
 */
@SuppressWarnings("ArrayRecordComponent") // weights are arrays everywhere
record ShardWeights(
    @Nullable Panels embedding,
    List<LayerWeights> layers,
    float @Nullable [] outputNorm,
    @Nullable Panels lmHead,
    List<SliceDigest> digests) {
  ShardWeights {
    layers = List.copyOf(layers);
    digests = List.copyOf(digests);
  }

  long bytes() {
    long bytes = layers.stream().mapToLong(LayerWeights::bytes).sum();
    bytes += embedding == null ? 0 : embedding.bytes();
    bytes += outputNorm == null ? 0 : 4L * outputNorm.length;
    return bytes + (lmHead == null ? 0 : lmHead.bytes());
  }
}
