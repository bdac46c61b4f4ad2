package io.carovana.model.quant;

import io.carovana.model.files.WeightType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Takes the files' quantized blocks apart into signed integer codes, a scale per sub-block and, for
 * the types that have one, a minimum per sub-block: weight = scale * code - minimum. Scales and
 * minima are exact in f32. Layouts: ggml's block structures (ggml-common.h, gguf-py quants.py).
 */
public final class Blocks {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Blocks() {}

  /** Weights that share one scale: 16 for Q6_K, else 32. */
  public static int subBlock(WeightType type) {
    return switch (type) {
      case Q4_0, Q8_0, Q4_K, Q5_K -> 32;
      case Q6_K -> 16;
      case F32, F16, BF16 -> throw notQuantized(type);
    };
  }

  /** Whether sub-blocks have a minimum. */
  public static boolean hasMinimum(WeightType type) {
    return type == WeightType.Q4_K || type == WeightType.Q5_K;
  }

  /**
   * Decodes one block.
   *
   * @param source holds the block at {@code offset}
   * @param codes receives {@link WeightType#blockElements} codes, in order of k
   * @param scales receives one scale per sub-block
   * @param minima receives one minimum per sub-block; untouched where there is none
   */
  public static void decode(
      WeightType type,
      MemorySegment source,
      long offset,
      byte[] codes,
      float[] scales,
      float[] minima) {
    switch (type) {
      case Q4_0 -> decodeQ40(source, offset, codes, scales);
      case Q8_0 -> decodeQ80(source, offset, codes, scales);
      case Q4_K -> {
        decodeScalesAndMinima(source, offset, scales, minima);
        decodeNibbles(source, offset + 16, codes);
      }
      case Q5_K -> {
        decodeScalesAndMinima(source, offset, scales, minima);
        decodeNibbles(source, offset + 48, codes);
        addFifthBits(source, offset + 16, codes);
      }
      case Q6_K -> decodeQ6K(source, offset, codes, scales);
      case F32, F16, BF16 -> throw notQuantized(type);
    }
  }

  private static void decodeQ40(MemorySegment source, long offset, byte[] codes, float[] scales) {
    scales[0] = half(source, offset);
    for (int i = 0; i < 16; i++) {
      int pair = u8(source, offset + 2 + i);
      codes[i] = (byte) ((pair & 15) - 8);
      codes[i + 16] = (byte) ((pair >> 4) - 8);
    }
  }

  private static void decodeQ80(MemorySegment source, long offset, byte[] codes, float[] scales) {
    scales[0] = half(source, offset);
    MemorySegment.copy(source, ValueLayout.JAVA_BYTE, offset + 2, codes, 0, 32);
  }

  /** d, dmin, then twelve bytes that pack eight 6-bit scales and eight 6-bit minima. */
  private static void decodeScalesAndMinima(
      MemorySegment source, long offset, float[] scales, float[] minima) {
    float d = half(source, offset);
    float dmin = half(source, offset + 2);
    long packed = offset + 4;
    for (int j = 0; j < 4; j++) {
      int low = u8(source, packed + j);
      int lowMinimum = u8(source, packed + 4 + j);
      int high = u8(source, packed + 8 + j);
      scales[j] = d * (low & 63);
      minima[j] = dmin * (lowMinimum & 63);
      scales[j + 4] = d * ((high & 15) | (low >> 6 << 4));
      minima[j + 4] = dmin * ((high >> 4) | (lowMinimum >> 6 << 4));
    }
  }

  /** Four runs of 32 bytes: low nibbles are one sub-block, high nibbles the next. */
  private static void decodeNibbles(MemorySegment source, long offset, byte[] codes) {
    for (int run = 0; run < 4; run++) {
      for (int i = 0; i < 32; i++) {
        int pair = u8(source, offset + run * 32 + i);
        codes[run * 64 + i] = (byte) (pair & 15);
        codes[run * 64 + 32 + i] = (byte) (pair >> 4);
      }
    }
  }

  /** Bit j of byte i is the fifth bit of weight i of sub-block j. */
  private static void addFifthBits(MemorySegment source, long offset, byte[] codes) {
    for (int i = 0; i < 32; i++) {
      int bits = u8(source, offset + i);
      for (int j = 0; j < 8; j++) {
        codes[j * 32 + i] |= (byte) ((bits >> j & 1) << 4);
      }
    }
  }

  /** Low nibbles (128 bytes), upper bit pairs (64), sixteen int8 scales, d; two halves of 128. */
  private static void decodeQ6K(MemorySegment source, long offset, byte[] codes, float[] scales) {
    for (int half = 0; half < 2; half++) {
      long low = offset + half * 64;
      long high = offset + 128 + half * 32;
      int out = half * 128;
      for (int i = 0; i < 32; i++) {
        int first = u8(source, low + i);
        int second = u8(source, low + 32 + i);
        int pairs = u8(source, high + i);
        codes[out + i] = (byte) (((first & 15) | (pairs & 3) << 4) - 32);
        codes[out + 32 + i] = (byte) (((second & 15) | (pairs >> 2 & 3) << 4) - 32);
        codes[out + 64 + i] = (byte) (((first >> 4) | (pairs >> 4 & 3) << 4) - 32);
        codes[out + 96 + i] = (byte) (((second >> 4) | (pairs >> 6) << 4) - 32);
      }
    }
    float d = half(source, offset + 208);
    for (int j = 0; j < 16; j++) {
      scales[j] = d * source.get(ValueLayout.JAVA_BYTE, offset + 192 + j);
    }
  }

  static float half(MemorySegment source, long offset) {
    return Float.float16ToFloat(source.get(SHORT, offset));
  }

  private static int u8(MemorySegment source, long offset) {
    return Byte.toUnsignedInt(source.get(ValueLayout.JAVA_BYTE, offset));
  }

  private static IllegalArgumentException notQuantized(WeightType type) {
    return new IllegalArgumentException(type + " has no blocks");
  }
}
