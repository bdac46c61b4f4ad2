package io.carovana.worker.kernels;

/**
 * The heads of one rank.
 *
 * @param kvHeads this rank's KV heads
 * @param group query heads per KV head
 * @param headDim width of a head
 */
public record AttentionShape(int kvHeads, int group, int headDim) {
  /** Refuses empty shapes. */
  public AttentionShape {
    if (kvHeads < 1 || group < 1 || headDim < 1) {
      throw new IllegalArgumentException(
          "not an attention shape: " + kvHeads + " x " + group + " x " + headDim);
    }
  }

  /** What dot products are multiplied by: the square root's reciprocal, rounded to f32. */
  public float scoreScale() {
    return (float) (1.0 / Math.sqrt(headDim));
  }
}
