package io.carovana.worker.kernels.vector;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The species of this JVM: the preferred shape, which honours {@code -XX:MaxVectorSize}, and half
 * of it for what is widened.
 */
final class Lanes {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final VectorShape SHAPE = FLOATS.vectorShape();
  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SHAPE);
  static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, SHAPE);
  static final VectorSpecies<Byte> BYTES = VectorSpecies.of(byte.class, SHAPE);
  private static final VectorShape HALF_SHAPE = VectorShape.forBitSize(SHAPE.vectorBitSize() / 2);
  static final VectorSpecies<Byte> HALF_BYTES = VectorSpecies.of(byte.class, HALF_SHAPE);
  static final VectorSpecies<Short> HALF_SHORTS = VectorSpecies.of(short.class, HALF_SHAPE);
  static final VectorSpecies<Integer> HALF_INTS = VectorSpecies.of(int.class, HALF_SHAPE);

  /** f32 lanes. */
  static final int F = FLOATS.length();

  /** f32 lanes of the widest shape that kernels are written for. */
  static final int MAX_F = 16;

  private static final int F16_TO_F32_SHIFT = 13;
  private static final int F16_IN_F32 = 0x8fffe000;
  private static final float F16_REBIAS = 0x1p112f;

  private Lanes() {}

  /** Widens f16 to f32 exactly; finite values only, which packing has made sure of. */
  static FloatVector widenF16(short[] bits, int at) {
    IntVector signExtended =
        (IntVector) ShortVector.fromArray(HALF_SHORTS, bits, at).castShape(INTS, 0);
    return signExtended
        .lanewise(VectorOperators.LSHL, F16_TO_F32_SHIFT)
        .and(F16_IN_F32)
        .reinterpretAsFloats()
        .mul(F16_REBIAS);
  }

  /** Widens bf16 to f32. */
  static FloatVector widenBf16(short[] bits, int at) {
    IntVector signExtended =
        (IntVector) ShortVector.fromArray(HALF_SHORTS, bits, at).castShape(INTS, 0);
    return signExtended.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats();
  }

  /** Byte pairs of {@link #F} rows, sign-extended: int16 lanes {@code [row][2]}. */
  static ShortVector signedPairs(byte[] bytes, int at) {
    return (ShortVector) ByteVector.fromArray(HALF_BYTES, bytes, at).castShape(SHORTS, 0);
  }

  /** The lower int16 of every int. */
  static IntVector lower(IntVector pairs) {
    return pairs
        .lanewise(VectorOperators.LSHL, Short.SIZE)
        .lanewise(VectorOperators.ASHR, Short.SIZE);
  }

  /** The upper int16 of every int. */
  static IntVector upper(IntVector pairs) {
    return pairs.lanewise(VectorOperators.ASHR, Short.SIZE);
  }

  /** Whole numbers as floats. */
  static FloatVector toFloats(IntVector whole) {
    return (FloatVector) whole.convert(VectorOperators.I2F, 0);
  }
}
