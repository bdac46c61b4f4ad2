package io.carovana.model.shard;

/**
 * How the feed-forward width is cut into leaves (docs/numerics.md, rule 4): unit = the largest of
 * 128, 64, 32 that divides the width (else 1); with n units there are {@code min(n, max(32, KV
 * heads))} leaves, leaf i covering units {@code [i*n/L, (i+1)*n/L)}. The cut depends on the shape
 * alone, never on the weight format or on the number of ranks.
 *
 * @param width feed-forward width
 * @param unit columns per unit
 * @param count number of leaves
 */
public record FfnLeaves(int width, int unit, int count) {

  /** The leaves of a feed-forward layer of {@code width} columns in a model of {@code kvHeads}. */
  public static FfnLeaves of(int width, int kvHeads) {
    int unit = width % 128 == 0 ? 128 : width % 64 == 0 ? 64 : width % 32 == 0 ? 32 : 1;
    return new FfnLeaves(width, unit, Math.min(width / unit, Math.max(32, kvHeads)));
  }

  /** First column of leaf {@code leaf}; {@code boundary(count)} is the width. */
  public int boundary(int leaf) {
    long units = width / unit;
    return (int) (leaf * units / count) * unit;
  }

  /** Columns of the leaves in {@code leaves}. */
  public Range columns(Range leaves) {
    return new Range(boundary(leaves.start()), boundary(leaves.end()));
  }
}
