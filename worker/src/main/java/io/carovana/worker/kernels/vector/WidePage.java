package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.BYTES;
import static io.carovana.worker.kernels.vector.Lanes.F;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.QuantizedPages;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** A page of one head in q8, widened for several queries. */
final class WidePage {
  private static final int PAGE = Numerics.KV_PAGE_TOKENS;
  private static final int FOUR = QuantizedPages.FOUR;

  private WidePage() {}

  /** Keys as whole f32 numbers, {@code [dims][32 keys]}. */
  static void keys(byte[] keys, int keysAt, int dims, float[] wide) {
    for (int i = 0; i < dims * PAGE; i += FOUR * F) {
      int to = i / (FOUR * PAGE) * FOUR * PAGE + i % (FOUR * PAGE) / FOUR;
      IntVector x = ByteVector.fromArray(BYTES, keys, keysAt + i).reinterpretAsInts();
      Lanes.toFloats(x.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24))
          .intoArray(wide, to);
      Lanes.toFloats(x.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24))
          .intoArray(wide, to + PAGE);
      Lanes.toFloats(x.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24))
          .intoArray(wide, to + 2 * PAGE);
      Lanes.toFloats(x.lanewise(VectorOperators.ASHR, 24)).intoArray(wide, to + 3 * PAGE);
    }
  }

  /** Values as int32, {@code [32 keys][headDim]}. */
  static void values(byte[] values, int valuesAt, int headDim, int[] wide) {
    for (int key = 0; key < PAGE; key += FOUR) {
      int row = key * headDim;
      int d = 0;
      for (; d + F <= headDim; d += F) {
        int at = valuesAt + row + d * FOUR;
        IntVector x = ByteVector.fromArray(BYTES, values, at).reinterpretAsInts();
        int to = row + d;
        x.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24).intoArray(wide, to);
        x.lanewise(VectorOperators.LSHL, 16)
            .lanewise(VectorOperators.ASHR, 24)
            .intoArray(wide, to + headDim);
        x.lanewise(VectorOperators.LSHL, 8)
            .lanewise(VectorOperators.ASHR, 24)
            .intoArray(wide, to + 2 * headDim);
        x.lanewise(VectorOperators.ASHR, 24).intoArray(wide, to + 3 * headDim);
      }
      for (; d < headDim; d++) {
        for (int i = 0; i < FOUR; i++) {
          wide[row + i * headDim + d] = values[valuesAt + row + d * FOUR + i];
        }
      }
    }
  }
}
