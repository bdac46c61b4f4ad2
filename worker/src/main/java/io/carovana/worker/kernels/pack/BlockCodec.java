package io.carovana.worker.kernels.pack;

import static io.carovana.worker.kernels.pack.CodeBits.EIGHT;
import static io.carovana.worker.kernels.pack.CodeBits.STEP;

import io.carovana.model.files.WeightType;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.Panels;

/**
 * Takes one stored block of one row apart (layouts: ggml's block structures), eight columns at a
 * time.
 */
interface BlockCodec {
  /**
   * Sets the codes of columns {@code [from, to)} of the block, whole groups of 32.
   *
   * @param codesAt index of this row's pair for column {@code from} in {@link IntegerPanels#codes}
   * @param highsAt likewise in {@link IntegerPanels#highs}, where the format has them
   */
  void codes(byte[] raw, int at, int from, int to, IntegerPanels panels, int codesAt, int highsAt);

  /**
   * Sets the block's scales.
   *
   * @param scaleAt index of this lane in {@link IntegerPanels#scales}
   */
  void scales(byte[] raw, int at, IntegerPanels panels, int scaleAt);

  /**
   * Sets a K-quant's byte pair for 32 columns: scale and minimum, or two groups' scales.
   *
   * @param part which 32 columns of the block
   * @param pairAt index of the pair in {@code pairs}
   */
  default void subScales(byte[] raw, int at, int part, byte[] pairs, int pairAt) {}

  /** The codec of a quantized file type. */
  static BlockCodec of(WeightType type) {
    return switch (type) {
      case Q4_0 -> new Q4Codec();
      case Q8_0 -> new Q8Codec();
      case Q4_K -> new KMinimumCodec(WeightType.Q4_K);
      case Q5_K -> new KMinimumCodec(WeightType.Q5_K);
      case Q6_K -> new Q6KCodec();
      case F32, F16, BF16, I32 -> throw new IllegalArgumentException(type + " has no blocks");
    };
  }

  /** Q4_0: f16 scale, 16 bytes; byte j holds elements j (low) and j + 16. */
  final class Q4Codec implements BlockCodec {
    @Override
    public void codes(
        byte[] raw, int at, int from, int to, IntegerPanels panels, int codesAt, int highsAt) {
      short[] codes = panels.codes();
      long first = LittleEndian.word(raw, at + 2);
      long second = LittleEndian.word(raw, at + 2 + EIGHT);
      CodeBits.nibbles(first, 0, codes, codesAt);
      CodeBits.nibbles(second, 0, codes, codesAt + STEP);
      CodeBits.nibbles(first, 4, codes, codesAt + 2 * STEP);
      CodeBits.nibbles(second, 4, codes, codesAt + 3 * STEP);
    }

    @Override
    public void scales(byte[] raw, int at, IntegerPanels panels, int scaleAt) {
      panels.scales()[scaleAt] = LittleEndian.f16(raw, at);
    }
  }

  /** Q8_0: f16 scale, 32 signed bytes. */
  final class Q8Codec implements BlockCodec {
    @Override
    public void codes(
        byte[] raw, int at, int from, int to, IntegerPanels panels, int codesAt, int highsAt) {
      int next = codesAt;
      for (int k = 0; k < 32; k += EIGHT, next += 2 * STEP) {
        CodeBits.bytes(LittleEndian.word(raw, at + 2 + k), panels.codes(), next);
      }
    }

    @Override
    public void scales(byte[] raw, int at, IntegerPanels panels, int scaleAt) {
      panels.scales()[scaleAt] = LittleEndian.f16(raw, at);
    }
  }

  /**
   * Q4_K and Q5_K: f16 d and dmin, twelve bytes of 6-bit scales and minima, (Q5_K: 32 bytes of
   * fifth bits, bit s for group s,) then 128 bytes; the 32 bytes c hold group 2c in their low and
   * group 2c + 1 in their high nibbles.
   */
  final class KMinimumCodec implements BlockCodec {
    private static final int SCALES = 4;
    private static final int HIGHS = 16;
    private final boolean fifthBit;
    private final int codesAt;

    KMinimumCodec(WeightType type) {
      fifthBit = type == WeightType.Q5_K;
      codesAt = fifthBit ? HIGHS + 32 : HIGHS;
    }

    @Override
    public void codes(
        byte[] raw, int at, int from, int to, IntegerPanels panels, int codesFrom, int highsFrom) {
      int next = codesFrom;
      int nextHigh = highsFrom;
      for (int k = from; k < to; k += 32, next += 4 * STEP) {
        int group = k / 32;
        int low = at + codesAt + group / 2 * 32;
        CodeBits.nibbles32(raw, low, 4 * (group % 2), panels.codes(), next);
        if (fifthBit) {
          CodeBits.highBits(raw, at + HIGHS, group, 1, 4, panels.highs(), nextHigh);
          nextHigh += STEP;
        }
      }
    }

    @Override
    public void scales(byte[] raw, int at, IntegerPanels panels, int scaleAt) {
      panels.scales()[scaleAt] = LittleEndian.f16(raw, at);
      panels.scales()[scaleAt + Panels.LANES] = LittleEndian.f16(raw, at + 2);
    }

    @Override
    public void subScales(byte[] raw, int at, int group, byte[] pairs, int pairAt) {
      int first = at + SCALES;
      int scale;
      int minimum;
      if (group < 4) {
        scale = raw[first + group] & 63;
        minimum = raw[first + 4 + group] & 63;
      } else {
        int low = raw[first + 4 + group];
        scale = low & 15 | (raw[first + group - 4] >>> 6 & 3) << 4;
        minimum = low >>> 4 & 15 | (raw[first + group] >>> 6 & 3) << 4;
      }
      pairs[pairAt] = (byte) scale;
      pairs[pairAt + 1] = (byte) minimum;
    }
  }

  /**
   * Q6_K: 128 bytes of low nibbles, 64 of upper bits, 16 int8 scales, f16 d. Each half of 128
   * elements has four quarters of 32: quarters 0 and 1 are the low nibbles of 64 bytes, 2 and 3
   * their high nibbles; quarter c takes bits 2c of 32 bytes of upper bits.
   */
  final class Q6KCodec implements BlockCodec {
    private static final int HIGHS = 128;
    private static final int SCALES = 192;
    private static final int D = 208;

    @Override
    public void codes(
        byte[] raw, int at, int from, int to, IntegerPanels panels, int codesAt, int highsAt) {
      int next = codesAt;
      int nextHigh = highsAt;
      for (int k = from; k < to; k += 32, next += 4 * STEP, nextHigh += 2 * STEP) {
        int half = k / 128;
        int quarter = k % 128 / 32;
        int low = at + half * 64 + quarter % 2 * 32;
        CodeBits.nibbles32(raw, low, 4 * (quarter / 2), panels.codes(), next);
        int high = at + HIGHS + half * 32;
        short[] highs = panels.highs();
        CodeBits.highBits(raw, high, 2 * quarter, 2, 2, highs, nextHigh);
        CodeBits.highBits(raw, high + 16, 2 * quarter, 2, 2, highs, nextHigh + STEP);
      }
    }

    @Override
    public void scales(byte[] raw, int at, IntegerPanels panels, int scaleAt) {
      panels.scales()[scaleAt] = LittleEndian.f16(raw, at + D);
    }

    @Override
    public void subScales(byte[] raw, int at, int part, byte[] pairs, int pairAt) {
      pairs[pairAt] = raw[at + SCALES + 2 * part];
      pairs[pairAt + 1] = raw[at + SCALES + 2 * part + 1];
    }
  }
}
