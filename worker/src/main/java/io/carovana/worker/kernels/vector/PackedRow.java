package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.INTS;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.PackedOperands;
import java.util.Arrays;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/** Fills {@link PackedOperands} of a row from its pairs. */
final class PackedRow {
  private static final int OFFSET = -32;
  private static final int OFFSET_PAIRS = Activations.SUM_COLUMNS / 2;

  /** Pairs whose codes begin an int16: they have no pair before them. */
  private static final int[] FOURTHS = keepBefore(4);

  private static final int[] EIGHTHS = keepBefore(8);
  private static final int[] SIXTEENTHS = keepBefore(16);

  private PackedRow() {}

  private static int[] keepBefore(int unit) {
    int[] keep = new int[2 * Lanes.MAX_F];
    Arrays.setAll(keep, i -> i % unit == 0 ? 0 : -1);
    return keep;
  }

  /** Fills columns {@code [from, to)}, whole blocks. */
  static void fill(Activations x, int row, int from, int to) {
    int first = row * x.columns() + from;
    int pairsAt = x.pairIndex(row, from);
    int n = (to - from) / 2;
    shifted(x, PackedOperands.index(first), pairsAt, n);
    offsets(x.pairs(), pairsAt, n, x.packed().offsets(), first / Activations.SUM_COLUMNS);
  }

  private static void shifted(Activations x, int at, int pairsAt, int n) {
    int[] pairs = x.pairs();
    PackedOperands packed = x.packed();
    for (int i = 0; i < n; i += F) {
      ShortVector own = IntVector.fromArray(INTS, pairs, pairsAt + i).reinterpretAsShorts();
      IntVector before = IntVector.fromArray(INTS, pairs, pairsAt + i - 1);
      ShortVector inFour = before.and(IntVector.fromArray(INTS, FOURTHS, 0)).reinterpretAsShorts();
      own.sub(inFour.lanewise(VectorOperators.LSHL, 4))
          .reinterpretAsInts()
          .intoArray(packed.nibbles(), at + i);
      IntVector keepInEight = IntVector.fromArray(INTS, EIGHTHS, i % 8);
      ShortVector inEight = before.and(keepInEight).reinterpretAsShorts();
      own.sub(inEight.lanewise(VectorOperators.LSHL, 2))
          .lanewise(VectorOperators.LSHL, 4)
          .reinterpretAsInts()
          .intoArray(packed.uppers(), at + i);
      IntVector keepInSixteen = IntVector.fromArray(INTS, SIXTEENTHS, i % 16);
      ShortVector inSixteen = before.and(keepInSixteen).reinterpretAsShorts();
      own.sub(inSixteen.lanewise(VectorOperators.LSHL, 1))
          .lanewise(VectorOperators.LSHL, 4)
          .reinterpretAsInts()
          .intoArray(packed.fifths(), at + i);
    }
  }

  private static void offsets(int[] pairs, int pairsAt, int n, int[] offsets, int offsetsAt) {
    for (int i = 0; i < n; i += OFFSET_PAIRS) {
      int even = 0;
      int odd = 0;
      for (int j = pairsAt + i; j < pairsAt + i + OFFSET_PAIRS; j++) {
        even += (short) pairs[j];
        odd += pairs[j] >> Short.SIZE;
      }
      offsets[offsetsAt + i / OFFSET_PAIRS] = (OFFSET * even & 0xffff) | OFFSET * odd << Short.SIZE;
    }
  }
}
