package io.carovana.worker.kernels;

/** bfloat16: the upper half of an f32. */
final class Bf16 {
  /** From here on magnitudes round to infinity: half a step above the largest bf16, and a tie. */
  private static final float TOO_LARGE = 0x1.ffp127f;

  private static final int HALF_STEP = 0x7fff;

  private Bf16() {}

  /**
   * The nearest bf16, ties to even.
   *
   * @param where named if the value is NaN or infinite, or if the nearest one would be infinite
   */
  static short round(float value, String where) {
    if (!(Math.abs(value) < TOO_LARGE)) {
      throw new NonFiniteException(where);
    }
    int bits = Float.floatToRawIntBits(value);
    int odd = (bits >>> Short.SIZE) & 1;
    return (short) ((bits + HALF_STEP + odd) >>> Short.SIZE);
  }

  /** The same number as f32. */
  static float widen(short bits) {
    return Float.intBitsToFloat(bits << Short.SIZE);
  }
}
