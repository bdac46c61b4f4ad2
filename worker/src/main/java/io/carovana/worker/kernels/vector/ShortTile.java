package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.INTS;
import static io.carovana.worker.kernels.vector.Lanes.SHORTS;

import io.carovana.worker.kernels.Panels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Exact dot products over unpacked codes {@code [column / 2][32 rows][2]} in int16 lanes, which do
 * twice the work of f32 ones. A part has as many columns as leave every lane's sum an int16.
 * Vectors are never handed to methods other than the Vector API's, see {@link PackedDots}.
 */
final class ShortTile {
  private static final int STEP = 2 * Panels.LANES;

  private ShortTile() {}

  /**
   * Dot products of four rows of activations with twice {@link Lanes#F} weight rows.
   *
   * @param codes from {@code codesAt}, the first lane of the first column
   * @param pairs activations; row i from {@code pairsAt + i * pairsStride}
   * @param parts parts to compute
   * @param partPairs pairs of columns in a part
   * @param dots row i's part j goes to {@code dotsAt + i * dotsStride + j * 32}
   */
  static void dots4(
      short[] codes,
      int codesAt,
      int[] pairs,
      int pairsAt,
      int pairsStride,
      int parts,
      int partPairs,
      float[] dots,
      int dotsAt,
      int dotsStride) {
    for (int part = 0; part < parts; part++) {
      int weights = codesAt + part * partPairs * STEP;
      int x0 = pairsAt + part * partPairs;
      int x1 = x0 + pairsStride;
      int x2 = x1 + pairsStride;
      int x3 = x2 + pairsStride;
      ShortVector a0 = ShortVector.zero(SHORTS);
      ShortVector b0 = a0;
      ShortVector a1 = a0;
      ShortVector b1 = a0;
      ShortVector a2 = a0;
      ShortVector b2 = a0;
      ShortVector a3 = a0;
      ShortVector b3 = a0;
      for (int k = 0; k < partPairs; k++) {
        ShortVector wa = ShortVector.fromArray(SHORTS, codes, weights + k * STEP);
        ShortVector wb = ShortVector.fromArray(SHORTS, codes, weights + k * STEP + 2 * F);
        ShortVector v0 = IntVector.broadcast(INTS, pairs[x0 + k]).reinterpretAsShorts();
        a0 = a0.add(wa.mul(v0));
        b0 = b0.add(wb.mul(v0));
        ShortVector v1 = IntVector.broadcast(INTS, pairs[x1 + k]).reinterpretAsShorts();
        a1 = a1.add(wa.mul(v1));
        b1 = b1.add(wb.mul(v1));
        ShortVector v2 = IntVector.broadcast(INTS, pairs[x2 + k]).reinterpretAsShorts();
        a2 = a2.add(wa.mul(v2));
        b2 = b2.add(wb.mul(v2));
        ShortVector v3 = IntVector.broadcast(INTS, pairs[x3 + k]).reinterpretAsShorts();
        a3 = a3.add(wa.mul(v3));
        b3 = b3.add(wb.mul(v3));
      }
      int at = dotsAt + part * Panels.LANES;
      IntVector a0Pairs = a0.reinterpretAsInts();
      IntVector a0Dot =
          a0Pairs
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(a0Pairs.lanewise(VectorOperators.ASHR, Short.SIZE));
      ((FloatVector) a0Dot.convert(VectorOperators.I2F, 0)).intoArray(dots, at);
      IntVector b0Pairs = b0.reinterpretAsInts();
      IntVector b0Dot =
          b0Pairs
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(b0Pairs.lanewise(VectorOperators.ASHR, Short.SIZE));
      ((FloatVector) b0Dot.convert(VectorOperators.I2F, 0)).intoArray(dots, at + F);
      IntVector a1Pairs = a1.reinterpretAsInts();
      IntVector a1Dot =
          a1Pairs
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(a1Pairs.lanewise(VectorOperators.ASHR, Short.SIZE));
      ((FloatVector) a1Dot.convert(VectorOperators.I2F, 0)).intoArray(dots, at + dotsStride);
      IntVector b1Pairs = b1.reinterpretAsInts();
      IntVector b1Dot =
          b1Pairs
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(b1Pairs.lanewise(VectorOperators.ASHR, Short.SIZE));
      ((FloatVector) b1Dot.convert(VectorOperators.I2F, 0)).intoArray(dots, at + dotsStride + F);
      IntVector a2Pairs = a2.reinterpretAsInts();
      IntVector a2Dot =
          a2Pairs
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(a2Pairs.lanewise(VectorOperators.ASHR, Short.SIZE));
      ((FloatVector) a2Dot.convert(VectorOperators.I2F, 0)).intoArray(dots, at + 2 * dotsStride);
      IntVector b2Pairs = b2.reinterpretAsInts();
      IntVector b2Dot =
          b2Pairs
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(b2Pairs.lanewise(VectorOperators.ASHR, Short.SIZE));
      ((FloatVector) b2Dot.convert(VectorOperators.I2F, 0))
          .intoArray(dots, at + 2 * dotsStride + F);
      IntVector a3Pairs = a3.reinterpretAsInts();
      IntVector a3Dot =
          a3Pairs
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(a3Pairs.lanewise(VectorOperators.ASHR, Short.SIZE));
      ((FloatVector) a3Dot.convert(VectorOperators.I2F, 0)).intoArray(dots, at + 3 * dotsStride);
      IntVector b3Pairs = b3.reinterpretAsInts();
      IntVector b3Dot =
          b3Pairs
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(b3Pairs.lanewise(VectorOperators.ASHR, Short.SIZE));
      ((FloatVector) b3Dot.convert(VectorOperators.I2F, 0))
          .intoArray(dots, at + 3 * dotsStride + F);
    }
  }

  /** As {@link #dots4} for one row. */
  static void dots1(
      short[] codes,
      int codesAt,
      int[] pairs,
      int pairsAt,
      int parts,
      int partPairs,
      float[] dots,
      int dotsAt) {
    for (int part = 0; part < parts; part++) {
      int weights = codesAt + part * partPairs * STEP;
      int x = pairsAt + part * partPairs;
      ShortVector a = ShortVector.zero(SHORTS);
      ShortVector b = a;
      for (int k = 0; k < partPairs; k++) {
        ShortVector v = IntVector.broadcast(INTS, pairs[x + k]).reinterpretAsShorts();
        a = a.add(ShortVector.fromArray(SHORTS, codes, weights + k * STEP).mul(v));
        b = b.add(ShortVector.fromArray(SHORTS, codes, weights + k * STEP + 2 * F).mul(v));
      }
      IntVector aPairs = a.reinterpretAsInts();
      IntVector aDot =
          aPairs
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(aPairs.lanewise(VectorOperators.ASHR, Short.SIZE));
      ((FloatVector) aDot.convert(VectorOperators.I2F, 0))
          .intoArray(dots, dotsAt + part * Panels.LANES);
      IntVector bPairs = b.reinterpretAsInts();
      IntVector bDot =
          bPairs
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .lanewise(VectorOperators.ASHR, Short.SIZE)
              .add(bPairs.lanewise(VectorOperators.ASHR, Short.SIZE));
      ((FloatVector) bDot.convert(VectorOperators.I2F, 0))
          .intoArray(dots, dotsAt + part * Panels.LANES + F);
    }
  }
}
