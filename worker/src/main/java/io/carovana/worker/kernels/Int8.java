package io.carovana.worker.kernels;

/** Rule 2's int8 form of a run of floats: {@code x ≈ scale * code}. */
public final class Int8 {
  /** Magnitudes below this quantize to zero. */
  public static final float SMALLEST = 0x1p-100f;

  /** Largest magnitude of a code. */
  public static final float MAX = 127f;

  private Int8() {}

  /**
   * The largest magnitude of {@code n} values.
   *
   * @param where named if one of them is NaN or infinite
   */
  static float largest(float[] x, int from, int n, String where) {
    float largest = 0f;
    for (int i = from; i < from + n; i++) {
      largest = Math.max(largest, Math.abs(x[i]));
    }
    if (!Float.isFinite(largest)) {
      throw new NonFiniteException(where);
    }
    return largest;
  }

  /** What codes are multiplied by. */
  public static float scale(float largest) {
    return largest < SMALLEST ? 0f : largest / MAX;
  }

  /** What values are multiplied by and rounded to become codes. */
  public static float factor(float largest) {
    return largest < SMALLEST ? 0f : MAX / largest;
  }

  /** The code of a value, ties to even. */
  static int code(float value, float factor) {
    return (int) Math.rint(value * factor);
  }
}
