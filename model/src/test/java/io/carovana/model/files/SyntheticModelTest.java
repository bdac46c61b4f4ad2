package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.shard.Range;
import io.carovana.model.testing.SyntheticModel;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Every weight type in a GGUF, the float types in Hugging Face folders of one and three shards. */
class SyntheticModelTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(value = WeightType.class, mode = Mode.EXCLUDE, names = "I32")
  void opensAGgufOfEveryType(WeightType type) {
    Path file = SyntheticModel.gguf(folder.resolve("m.gguf"), SyntheticModel.TINY, type, 7);
    try (ModelFiles model = ModelFiles.open(file)) {
      assertThat(model.config()).isEqualTo(SyntheticModel.TINY);
      assertThat(model.ropeInterleaved()).isTrue();
      assertThat(model.tokenizer()).isInstanceOf(TokenizerSource.Gguf.class);
      assertThat(model.tensor(TensorPart.DOWN, 1).storedAs()).isEqualTo(type.name());
      assertThat(model.tensors()).hasSize(3 + 9 * 2);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = WeightType.class,
      names = {"F32", "F16", "BF16"})
  void opensOneFileAndThreeShardsAlike(WeightType type) {
    Path one = SyntheticModel.huggingFace(folder.resolve("1"), SyntheticModel.ODD, type, 7, 1);
    Path three = SyntheticModel.huggingFace(folder.resolve("3"), SyntheticModel.ODD, type, 7, 3);
    try (ModelFiles whole = ModelFiles.open(one);
        ModelFiles sharded = ModelFiles.open(three)) {
      assertThat(sharded.config()).isEqualTo(whole.config()).isEqualTo(SyntheticModel.ODD);
      assertThat(sharded.tokenizer()).isInstanceOf(TokenizerSource.SentencePieceFile.class);
      for (ModelTensor each : whole.tensors()) {
        TensorInfo tensor = (TensorInfo) each;
        TensorInfo twin = (TensorInfo) sharded.tensor(tensor.part(), tensor.layer());
        assertThat(bytes(sharded, twin)).isEqualTo(bytes(whole, tensor));
      }
    }
  }

  private static byte[] bytes(ModelFiles model, TensorInfo tensor) {
    byte[] bytes = new byte[(int) tensor.byteLength()];
    model.read(tensor, new Range(0, tensor.rows()), MemorySegment.ofArray(bytes));
    return bytes;
  }
}
