package io.carovana.worker.shard;

import io.carovana.worker.kernels.Rope;

/**
 * Rotary cosines and sines of the positions met so far. Strict trigonometry is slow and allocates,
 * so each position is computed once, in chunks, when a sequence first gets there.
 */
final class RopeTable {
  private static final int CHUNK = 256;

  private final Rope rope;
  private final float[][] cos;
  private final float[][] sin;

  /** For positions below {@code positions}. */
  RopeTable(Rope rope, int positions) {
    this.rope = rope;
    cos = new float[(positions + CHUNK - 1) / CHUNK][];
    sin = new float[cos.length][];
  }

  /** Makes sure of {@code position}; for the leader, before the team reads. */
  void require(int position) {
    int chunk = position / CHUNK;
    if (cos[chunk] == null) {
      cos[chunk] = new float[CHUNK * rope.pairs()];
      sin[chunk] = new float[CHUNK * rope.pairs()];
      for (int i = 0; i < CHUNK; i++) {
        rope.fill(chunk * CHUNK + i, cos[chunk], sin[chunk], i * rope.pairs());
      }
    }
  }

  /** Cosines of the chunk that holds {@code position}. */
  float[] cos(int position) {
    return cos[position / CHUNK];
  }

  /** Sines of the chunk that holds {@code position}. */
  float[] sin(int position) {
    return sin[position / CHUNK];
  }

  /** Where in them {@code position}'s begin. */
  int offset(int position) {
    return position % CHUNK * rope.pairs();
  }
}
