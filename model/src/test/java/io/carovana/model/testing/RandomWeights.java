package io.carovana.model.testing;

import io.carovana.model.files.TensorPart;
import io.carovana.model.files.WeightType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Stored bytes of random matrices: standard deviation about {@code 1 / sqrt(columns)}, so that
 * activations neither vanish nor explode; norms near 1. The same seed gives the same bytes.
 */
final class RandomWeights {
  private final long seed;

  RandomWeights(long seed) {
    this.seed = seed;
  }

  byte[] bytes(TensorPart part, int layer, WeightType type, int rows, int columns) {
    RandomGenerator random =
        new SplittableRandom(seed * 1_000_003 + part.ordinal() * 4099L + layer);
    int size = Math.toIntExact(Math.multiplyExact(type.rowBytes(columns), (long) rows));
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    float deviation = (float) (1 / Math.sqrt(columns));
    while (out.hasRemaining()) {
      if (type.isFloat()) {
        double normal = random.nextGaussian();
        putFloat(out, type, (float) (part.isNorm() ? 1 + 0.1 * normal : deviation * normal));
      } else {
        putBlock(out, type, random, deviation);
      }
    }
    return out.array();
  }

  private static void putFloat(ByteBuffer out, WeightType type, float value) {
    switch (type) {
      case F32 -> out.putFloat(value);
      case F16 -> out.putShort(Float.floatToFloat16(value));
      case BF16 -> out.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
      default -> throw new IllegalArgumentException(type + " is not a float type");
    }
  }

  /** Random codes under scales that give roughly the deviation wanted. */
  private static void putBlock(
      ByteBuffer out, WeightType type, RandomGenerator random, float deviation) {
    byte[] block = new byte[type.blockBytes()];
    random.nextBytes(block);
    float jitter = 0.5f + random.nextFloat();
    ByteBuffer fields = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    switch (type) {
      case Q4_0 -> putHalf(fields, 0, jitter * deviation / 4.6f);
      case Q8_0 -> putHalf(fields, 0, jitter * deviation / 73.9f);
      case Q4_K -> {
        putHalf(fields, 0, jitter * deviation / 170f);
        putHalf(fields, 2, jitter * deviation / 170f * 7.5f);
      }
      case Q5_K -> {
        putHalf(fields, 0, jitter * deviation / 340f);
        putHalf(fields, 2, jitter * deviation / 340f * 15.5f);
      }
      case Q6_K -> putHalf(fields, 208, jitter * deviation / 1370f);
      default -> throw new IllegalArgumentException(type + " has no blocks");
    }
    out.put(block);
  }

  private static void putHalf(ByteBuffer fields, int at, float value) {
    fields.putShort(at, Float.floatToFloat16(value));
  }
}
