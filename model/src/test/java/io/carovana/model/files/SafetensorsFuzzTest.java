package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carovana.model.config.ModelConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Any bytes are a sound safetensors file or a typed refusal, and so are the 4-bit matrices that it
 * may hold; see docs/fuzzing.md.
 */
class SafetensorsFuzzTest {
  /** The shape of the seeds with 4-bit matrices. */
  private static final ModelConfig SHAPE = FuzzSeeds.EIGHTS;

  private static final Path FILE = Path.of("fuzzed.safetensors");

  @FuzzTest(maxDuration = "12m")
  void header(byte[] bytes) {
    List<StoredTensor> tensors;
    try {
      tensors = SafetensorsHeader.parse(ByteSource.of(bytes), FILE);
    } catch (ModelException refused) {
      return;
    }
    long end = bytes.length;
    for (StoredTensor tensor : tensors.reversed()) {
      assertThat(tensor.byteLength()).isNotNegative();
      assertThat(tensor.offset() + tensor.byteLength()).isEqualTo(end);
      end = tensor.offset();
    }
    assertThat(end).isGreaterThanOrEqualTo(8);
    for (Int4Layout layout : Int4Layout.values()) {
      int4Matrices(layout, bytes, tensors);
    }
  }

  private static void int4Matrices(Int4Layout layout, byte[] bytes, List<StoredTensor> tensors) {
    Int4Format format = new Int4Format(layout, Int4Format.WHOLE_COLUMN, false, FILE);
    TensorNames names = TensorNames.of(SHAPE, ModelFiles.Format.HUGGING_FACE);
    List<StoredTensor> others = new ArrayList<>(tensors);
    List<Int4Matrix> matrices;
    try {
      matrices =
          Int4Tensors.take(SHAPE, names, format, FILE, tensor -> data(bytes, tensor), others);
    } catch (ModelException refused) {
      return;
    }
    for (Int4Matrix matrix : matrices) {
      for (TensorInfo stored : matrix.stored()) {
        assertThat(stored.byteLength()).isEqualTo(stored.rows() * stored.rowBytes());
        assertThat(others).noneMatch(other -> other.name().equals(stored.name()));
      }
    }
  }

  private static byte[] data(byte[] bytes, StoredTensor tensor) {
    int from = Math.toIntExact(tensor.offset());
    return Arrays.copyOfRange(bytes, from, from + Math.toIntExact(tensor.byteLength()));
  }
}
