package io.carovana.worker.shard;

import io.carovana.model.Numerics;
import io.carovana.model.quant.KvProfile;
import io.carovana.worker.kernels.AttentionShape;
import io.carovana.worker.kernels.KvView;
import java.util.SplittableRandom;

/**
 * This rank's part of the KV cache: for each of its layers the same page numbers, all allocated at
 * start. Which sequence owns which page is the coordinator's business; plans carry block tables.
 */
final class KvCache {
  private final AttentionShape shape;
  private final int pages;
  private final KvView[] layers;

  KvCache(KvProfile profile, AttentionShape shape, int layers, int pages) {
    this.shape = shape;
    this.pages = pages;
    this.layers = new KvView[layers];
    for (int layer = 0; layer < layers; layer++) {
      this.layers[layer] = KvView.allocate(profile, shape, pages);
    }
  }

  /** Fills all positions with pseudo-random keys and values from [-1, 1), to measure with. */
  void fill(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] keys = new float[shape.kvHeads() * shape.headDim()];
    float[] values = new float[keys.length];
    for (KvView layer : layers) {
      for (int position = 0; position < pages * Numerics.KV_PAGE_TOKENS; position++) {
        for (int i = 0; i < keys.length; i++) {
          keys[i] = (float) random.nextDouble(-1, 1);
          values[i] = (float) random.nextDouble(-1, 1);
        }
        int page = position / Numerics.KV_PAGE_TOKENS;
        layer.store(page, position % Numerics.KV_PAGE_TOKENS, keys, 0, values, 0);
      }
    }
  }

  /** Bytes of the pool. */
  static long bytes(KvProfile profile, AttentionShape shape, int layers, int pages) {
    long position = profile.bytesPerHead(shape.headDim()) * shape.kvHeads();
    return position * Numerics.KV_PAGE_TOKENS * layers * pages;
  }

  AttentionShape shape() {
    return shape;
  }

  int pages() {
    return pages;
  }

  /** One layer's pages; layers count from the first of this stage. */
  KvView layer(int layer) {
    return layers[layer];
  }
}
