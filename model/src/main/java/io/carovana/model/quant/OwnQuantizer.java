package io.carovana.model.quant;

/**
 * Quantizes groups of floats into {@link OwnFormat}. Plain float operations in a fixed order, so
 * every machine makes the same codes of the same weights. Holds scratch: one per thread.
 *
 * <p>8 bits: scale = absmax / 127 in f16. 4 bits: the scale is chosen among {@link #Q4_DIVISORS}
 * fractions of the extreme weight, which lies at code -8 or is clipped to it, then refitted once by
 * least squares to the codes; whichever has the least squared error wins, the earlier one on a tie.
 * (On Gaussian weights the error is within 4 % of that of the best of all scales.)
 */
final class OwnQuantizer {
  /** No group has this scale: a weight is NaN, infinite or beyond {@link #LARGEST_HALF}. */
  static final int OUT_OF_RANGE = -1;

  /** Where the extreme weight lies in codes; beyond 8 it is clipped, below 8 codes stay unused. */
  private static final float[] Q4_DIVISORS = {8f, 8.75f, 9.5f, 10.5f};

  /** 1.5 * 2^23: adding it rounds to the nearest even integer. */
  private static final float ROUND = 0x1.8p23f;

  /** {@link #ROUND}'s bits; those of ROUND + n, for a small n, are this plus n. */
  private static final int ROUND_BITS = 0x4B400000;

  private static final float LARGEST_HALF = 65504f;

  private final OwnBits bits;
  private final int group;
  private final int least;
  private final int most;
  private final float[] rounded; // [group]
  private final float[] terms; // [group]

  OwnQuantizer(OwnFormat format) {
    bits = format.bits();
    group = format.group();
    least = bits.least();
    most = bits.most();
    rounded = new float[group];
    terms = new float[group];
  }

  /**
   * Quantizes one group of {@link OwnFormat#group} weights.
   *
   * @return the scale's f16 bits, or {@link #OUT_OF_RANGE}
   */
  int quantize(float[] x, int offset, byte[] codes, int codesOffset) {
    float largest = largest(x, offset);
    if (!(largest <= LARGEST_HALF)) {
      return OUT_OF_RANGE;
    }
    float scale =
        switch (bits) {
          case Q8 -> half(largest / 127f);
          case Q4 -> searchScale(x, offset, signed(x, offset, largest));
        };
    round(x, offset, scale);
    for (int i = 0; i < group; i++) {
      codes[codesOffset + i] = (byte) rounded[i];
    }
    return Short.toUnsignedInt(Float.floatToFloat16(scale));
  }

  /** The largest magnitude; NaN if any weight is. */
  private float largest(float[] x, int offset) {
    float largest = 0;
    for (int i = 0; i < group; i++) {
      largest = Math.max(largest, Math.abs(x[offset + i]));
    }
    return largest;
  }

  /** {@code magnitude} with the sign of the first weight that has it. */
  private float signed(float[] x, int offset, float magnitude) {
    int i = 0;
    while (Math.abs(x[offset + i]) != magnitude) {
      i++;
    }
    return x[offset + i];
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
    round(x, offset, scale);
    for (int i = 0; i < group; i++) {
      float difference = x[offset + i] - scale * rounded[i];
      terms[i] = difference * difference;
    }
    return sumOfTerms();
  }

  /** The least-squares scale for the codes that {@code scale} gives. */
  private float refit(float[] x, int offset, float scale) {
    round(x, offset, scale);
    for (int i = 0; i < group; i++) {
      terms[i] = x[offset + i] * rounded[i];
    }
    float products = sumOfTerms();
    for (int i = 0; i < group; i++) {
      terms[i] = rounded[i] * rounded[i];
    }
    float squares = sumOfTerms();
    return squares == 0 ? scale : half(products / squares);
  }

  /** Codes of a group under {@code scale}, as floats. The loops here are what C2 vectorizes. */
  private void round(float[] x, int offset, float scale) {
    float inverse = scale == 0 ? 0 : 1f / scale;
    for (int i = 0; i < group; i++) {
      int code = Float.floatToRawIntBits(x[offset + i] * inverse + ROUND) - ROUND_BITS;
      rounded[i] = (float) Math.max(least, Math.min(most, code));
    }
  }

  /** Eight strided sums, then a tree; groups are multiples of eight. */
  private float sumOfTerms() {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    float s4 = 0;
    float s5 = 0;
    float s6 = 0;
    float s7 = 0;
    for (int i = 0; i < group; i += 8) {
      s0 += terms[i];
      s1 += terms[i + 1];
      s2 += terms[i + 2];
      s3 += terms[i + 3];
      s4 += terms[i + 4];
      s5 += terms[i + 5];
      s6 += terms[i + 6];
      s7 += terms[i + 7];
    }
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
  }

  private static float half(float scale) {
    return Float.float16ToFloat(Float.floatToFloat16(scale)) + 0f; // no negative zero
  }
}
