package io.carovana.worker.kernels;

import io.carovana.model.Numerics;
import io.carovana.model.quant.KvProfile;

/**
 * One layer's KV pages of {@link Numerics#KV_PAGE_TOKENS} positions, as {@link Kernels#attention}
 * reads them. Page numbers are the coordinator's.
 */
public sealed interface KvView permits FloatPages, QuantizedPages {
  /** The heads. */
  AttentionShape shape();

  /**
   * Stores one position's keys and values.
   *
   * @param slot position modulo the page size
   * @param keys all KV heads' keys {@code [kvHeads * headDim]} from {@code keysAt}, rotated
   * @param values likewise
   * @throws NonFiniteException if the profile rounds, and one is NaN or infinite or rounds to
   *     infinity
   */
  void store(int page, int slot, float[] keys, int keysAt, float[] values, int valuesAt);

  /**
   * Pages for one layer.
   *
   * @throws IllegalArgumentException if the profile does not take such wide heads
   */
  static KvView allocate(KvProfile profile, AttentionShape shape, int pages) {
    return switch (profile) {
      case F32 -> F32Pages.allocate(shape, pages);
      case BF16 -> Bf16Pages.allocate(shape, pages);
      case Q8 -> QuantizedPages.allocate(shape, pages);
    };
  }
}
