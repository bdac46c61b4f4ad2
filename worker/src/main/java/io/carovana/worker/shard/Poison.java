package io.carovana.worker.shard;

import io.carovana.worker.kernels.NonFiniteException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where NaN or infinity first appeared on this rank during a step. A rank that meets one alone must
 * not leave its peers waiting in a collective: it sends NaN instead of its partial sums, which
 * every rank then finds in the total and ends the step by.
 */
final class Poison {
  private int layer;
  private @Nullable String where;

  /** Forgets what was found; at the end of every step. */
  void clear() {
    where = null;
  }

  boolean found() {
    return where != null;
  }

  /** Notes the first of them. */
  void note(int layer, String part, NonFiniteException e) {
    if (where == null) {
      this.layer = layer;
      where = part + " (" + e.where() + ")";
    }
  }

  /** Makes the partial sums say so. */
  void spread(float[] nodes, int elements) {
    Arrays.fill(nodes, 0, elements, Float.NaN);
  }

  /** In words, with what is known. */
  String describe(int layerOfTotal) {
    return where == null
        ? "another rank met NaN or infinity in layer " + layerOfTotal
        : "NaN or infinity in layer " + layer + ", " + where;
  }

  /** Whether all of {@code x[0, n)} are finite. */
  static boolean finite(float[] x, int n) {
    int largest = 0;
    for (int i = 0; i < n; i++) {
      largest = Math.max(largest, Float.floatToRawIntBits(x[i]) & Integer.MAX_VALUE);
    }
    return largest < Float.floatToRawIntBits(Float.POSITIVE_INFINITY);
  }
}
