package io.carovana.model.files;

import io.carovana.model.shard.Range;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Looks through the zero points of a matrix of 4-bit codes. */
final class Int4Zeros {
  private static final int BATCH_BYTES = 1 << 20;

  private Int4Zeros() {}

  /**
   * Whether all are {@link Int4Layout#MIDDLE}.
   *
   * @throws ModelException.Unsupported if one is ambiguous
   */
  static boolean areMiddle(TensorReader reader, Int4Matrix matrix) {
    TensorInfo zeros = matrix.zeros();
    int rowBytes = Math.toIntExact(zeros.rowBytes());
    int batchRows = Math.clamp(BATCH_BYTES / rowBytes, 1, zeros.rows());
    byte[] words = new byte[Math.multiplyExact(batchRows, rowBytes)];
    boolean middle = true;
    for (int first = 0; first < zeros.rows(); first += batchRows) {
      Range rows = new Range(first, Math.min(first + batchRows, zeros.rows()));
      ByteBuffer batch = ByteBuffer.wrap(words, 0, rows.size() * rowBytes);
      reader.read(zeros, rows, MemorySegment.ofArray(words).asSlice(0, batch.limit()));
      middle &= areMiddle(matrix, batch.order(ByteOrder.LITTLE_ENDIAN));
    }
    return middle;
  }

  private static boolean areMiddle(Int4Matrix matrix, ByteBuffer words) {
    Int4Layout layout = matrix.layout();
    int middleWord = layout.middleWord();
    boolean middle = true;
    while (words.hasRemaining()) {
      int word = words.getInt();
      middle &= word == middleWord;
      if (layout.isAmbiguous(word)) {
        throw new ModelException.Unsupported(
            matrix.zeros().file(),
            matrix.zeros().name(),
            "stores a zero point less one as 15, which readers take for 16 or for 0; take a"
                + " checkpoint in format gptq_v2, or the original one and --quantize q4");
      }
    }
    return middle;
  }
}
