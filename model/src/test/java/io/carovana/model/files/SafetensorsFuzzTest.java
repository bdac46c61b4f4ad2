package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import java.util.List;

/** Any bytes are a sound safetensors file or a typed refusal; see docs/fuzzing.md. */
class SafetensorsFuzzTest {
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
  }
}
