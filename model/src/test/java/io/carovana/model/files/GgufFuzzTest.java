package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Any bytes are a sound GGUF file or a typed refusal, down to the model's config and every metadata
 * getter; see docs/fuzzing.md.
 */
class GgufFuzzTest {
  private static final Path FILE = Path.of("fuzzed.gguf");

  private static final List<Function<GgufMetadata, Function<String, Object>>> GETTERS =
      List.of(
          m -> m::integer,
          m -> m::number,
          m -> m::bool,
          m -> m::string,
          m -> m::strings,
          m -> m::integers,
          m -> m::numbers,
          m -> m::arrayLength);

  @FuzzTest(maxDuration = "12m")
  void header(byte[] bytes) {
    try {
      GgufHeader header = GgufHeader.parse(ByteSource.of(bytes), FILE);
      requireInside(header, bytes.length);
      getEverything(header.metadata());
      ModelFiles.Contents contents =
          GgufModel.contents(header.metadata(), header.tensors(), tensor -> bytes(bytes, tensor));
      new TensorTable(FILE, contents.config(), contents.tensors());
    } catch (ModelException refused) {
      assertThat(refused.reason()).isNotBlank();
    }
  }

  private static void requireInside(GgufHeader header, long size) {
    for (StoredTensor tensor : header.tensors()) {
      assertThat(tensor.byteLength()).isPositive();
      assertThat(tensor.offset()).isNotNegative();
      assertThat(tensor.offset() + tensor.byteLength()).isLessThanOrEqualTo(size);
    }
  }

  private static void getEverything(GgufMetadata metadata) {
    for (String key : metadata.keys()) {
      for (Function<GgufMetadata, Function<String, Object>> getter : GETTERS) {
        try {
          var _ = getter.apply(metadata).apply(key);
        } catch (ModelException.Malformed otherType) {
          assertThat(otherType.subject()).startsWith(key);
        }
      }
    }
  }

  private static byte[] bytes(byte[] file, StoredTensor tensor) {
    int from = (int) tensor.offset();
    return Arrays.copyOfRange(file, from, from + (int) tensor.byteLength());
  }
}
