package io.carovana.model.quant;

/**
 * Quantizes groups of floats into {@link OwnFormat}. Plain float operations in a fixed order, so
 * every machine makes the same codes of the same weights.
 *
 * <p>8 bits: scale = absmax / 127 in f16. 4 bits: the scale is chosen among {@link #Q4_DIVISORS}
 * fractions of the extreme weight, which lies at code -8 or is clipped to it, then refitted once by
 * least squares to the codes; whichever has the least squared error wins, the earlier one on a tie.
 */
final class OwnQuantizer {
  /** Where the extreme weight lies in codes; beyond 8 it is clipped, below 8 codes stay unused. */
  static final float[] Q4_DIVISORS = {8f, 7.25f, 8.5f, 9f, 9.5f, 10f, 10.75f, 11.5f};

  /** 1.5 * 2^23: adding and subtracting it rounds to the nearest even integer. */
  private static final float ROUND = 0x1.8p23f;

  private static final float LARGEST_HALF = 65504f;
  private static final int LANES = 4;

  /** No group has this scale: a weight is NaN, infinite or beyond {@link #LARGEST_HALF}. */
  static final int OUT_OF_RANGE = -1;

  private final OwnFormat format;

  OwnQuantizer(OwnFormat format) {
    this.format = format;
  }

  /**
   * Quantizes one group of {@link OwnFormat#group} weights.
   *
   * @return the scale's f16 bits, or {@link #OUT_OF_RANGE}
   */
  int quantize(float[] x, int offset, byte[] codes, int codesOffset) {
    float extreme = extreme(x, offset);
    if (!(Math.abs(extreme) <= LARGEST_HALF)) {
      return OUT_OF_RANGE;
    }
    float scale =
        switch (format.bits()) {
          case Q8 -> half(Math.abs(extreme) / 127f);
          case Q4 -> searchScale(x, offset, extreme);
        };
    encode(x, offset, scale, codes, codesOffset);
    return Short.toUnsignedInt(Float.floatToFloat16(scale));
  }

  /** The weight of largest magnitude with its sign, the first on a tie; NaN if any weight is. */
  private float extreme(float[] x, int offset) {
    float extreme = 0;
    for (int i = 0; i < format.group(); i++) {
      float value = x[offset + i];
      if (!Float.isFinite(value)) {
        return Float.NaN;
      }
      if (Math.abs(value) > Math.abs(extreme)) {
        extreme = value;
      }
    }
    return extreme;
  }

  private float searchScale(float[] x, int offset, float extreme) {
    float best = 0;
    float bestError = Float.POSITIVE_INFINITY;
    for (float divisor : Q4_DIVISORS) {
      float scale = half(-extreme / divisor);
      float error = squaredError(x, offset, scale);
      if (error < bestError) {
        best = scale;
        bestError = error;
      }
    }
    float refitted = refit(x, offset, best);
    return squaredError(x, offset, refitted) < bestError ? refitted : best;
  }

  private float squaredError(float[] x, int offset, float scale) {
    float inverse = inverse(scale);
    float e0 = 0;
    float e1 = 0;
    float e2 = 0;
    float e3 = 0;
    for (int i = offset; i < offset + format.group(); i += LANES) {
      float d0 = x[i] - scale * code(x[i] * inverse);
      float d1 = x[i + 1] - scale * code(x[i + 1] * inverse);
      float d2 = x[i + 2] - scale * code(x[i + 2] * inverse);
      float d3 = x[i + 3] - scale * code(x[i + 3] * inverse);
      e0 += d0 * d0;
      e1 += d1 * d1;
      e2 += d2 * d2;
      e3 += d3 * d3;
    }
    return (e0 + e1) + (e2 + e3);
  }

  /** The least-squares scale for the codes that {@code scale} gives. */
  private float refit(float[] x, int offset, float scale) {
    float inverse = inverse(scale);
    float products = 0;
    float squares = 0;
    for (int i = offset; i < offset + format.group(); i++) {
      float code = code(x[i] * inverse);
      products += x[i] * code;
      squares += code * code;
    }
    return squares == 0 ? scale : half(products / squares);
  }

  private void encode(float[] x, int offset, float scale, byte[] codes, int codesOffset) {
    float inverse = inverse(scale);
    for (int i = 0; i < format.group(); i++) {
      codes[codesOffset + i] = (byte) code(x[offset + i] * inverse);
    }
  }

  private float code(float value) {
    float clamped = Math.max(format.bits().least(), Math.min(format.bits().most(), value));
    return clamped + ROUND - ROUND;
  }

  private static float inverse(float scale) {
    return scale == 0 ? 0 : 1f / scale;
  }

  private static float half(float scale) {
    return Float.float16ToFloat(Float.floatToFloat16(scale));
  }
}
