package io.carovana.worker.kernels;

/**
 * Rotary angles as the reference computes them (rule 6): {@code inv = 1f / (float) pow(theta,
 * 2i/d)}, {@code angle = (float) position * inv} in f32, then StrictMath, rounded to f32.
 */
public final class Rope {
  private final float[] inverse;

  /**
   * Frequencies of a model.
   *
   * @param theta the base
   * @param headDim width of a head, even
   */
  public Rope(double theta, int headDim) {
    inverse = new float[headDim / 2];
    for (int i = 0; i < inverse.length; i++) {
      float exponent = (float) (2 * i) / (float) headDim;
      inverse[i] = 1f / (float) StrictMath.pow(theta, exponent);
    }
  }

  /** Pairs of a head: entries per position in a table. */
  public int pairs() {
    return inverse.length;
  }

  /** Writes a position's {@link #pairs} cosines and sines from {@code offset}. */
  public void fill(int position, float[] cos, float[] sin, int offset) {
    for (int i = 0; i < inverse.length; i++) {
      float angle = (float) position * inverse[i];
      cos[offset + i] = (float) StrictMath.cos(angle);
      sin[offset + i] = (float) StrictMath.sin(angle);
    }
  }
}
