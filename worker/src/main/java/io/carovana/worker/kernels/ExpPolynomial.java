package io.carovana.worker.kernels;

/**
 * exp in f32: {@code x = n ln2 + r} with |r| at most ln2 / 2, then a polynomial of degree 6 fitted
 * for the least largest relative error (3.2e-9 before rounding), its coefficients rounded to f32
 * one after the other. The largest error is 1.01 units in the last place; results below the
 * smallest denormal are 0, above the largest float infinity, NaN stays NaN.
 */
public final class ExpPolynomial {
  /** Arguments below give 0. */
  public static final float LOWEST = -104f;

  /** Arguments above give infinity. */
  public static final float HIGHEST = 89f;

  /** 1 / ln 2. */
  public static final float LOG2_E = 0x1.715476p0f;

  /** Adding and subtracting it rounds to a whole number, ties to even. */
  public static final float ROUNDER = 0x1.8p23f;

  /** Upper part of ln 2. */
  public static final float LN2_HIGH = 0x1.62e43p-1f;

  /** ln 2 minus its upper part. */
  public static final float LN2_LOW = -0x1.05c61p-29f;

  /** Coefficient of r^2. */
  public static final float C2 = 0x1.fffffcp-2f;

  /** Coefficient of r^3. */
  public static final float C3 = 0x1.555492p-3f;

  /** Coefficient of r^4. */
  public static final float C4 = 0x1.5558b2p-5f;

  /** Coefficient of r^5. */
  public static final float C5 = 0x1.12398ep-7f;

  /** Coefficient of r^6. */
  public static final float C6 = 0x1.6a4b36p-10f;

  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);
  private static final int EXPONENT_BIAS = 127;
  private static final int EXPONENT_SHIFT = 23;

  private ExpPolynomial() {}

  /** e to the power of {@code x}. */
  public static float exp(float x) {
    float clamped = x < LOWEST ? LOWEST : x > HIGHEST ? HIGHEST : x;
    float shifted = Math.fma(clamped, LOG2_E, ROUNDER);
    int n = Float.floatToRawIntBits(shifted) - ROUNDER_BITS;
    float whole = shifted - ROUNDER;
    float r = Math.fma(whole, -LN2_LOW, Math.fma(whole, -LN2_HIGH, clamped));
    float p = Math.fma(r, C6, C5);
    p = Math.fma(r, p, C4);
    p = Math.fma(r, p, C3);
    p = Math.fma(r, p, C2);
    p = Math.fma(r * r, p, r) + 1f;
    // Two steps, so that the factors stay normal and only the last product rounds or overflows.
    int half = n >> 1;
    return p * powerOfTwo(half) * powerOfTwo(n - half);
  }

  /** x / (1 + exp(-x)). */
  public static float silu(float x) {
    return x / (1f + exp(-x));
  }

  private static float powerOfTwo(int n) {
    return Float.intBitsToFloat(n + EXPONENT_BIAS << EXPONENT_SHIFT);
  }
}
