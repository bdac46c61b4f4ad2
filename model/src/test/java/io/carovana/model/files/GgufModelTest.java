package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.testing.GgufWriter;
import io.carovana.model.testing.SyntheticModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** GGUF metadata against the model: what is run, what is refused, and split files. */
class GgufModelTest {
  private static final ModelConfig TINY = SyntheticModel.TINY;

  @TempDir Path folder;

  private static GgufWriter tiny() {
    return SyntheticModel.ggufWriter(TINY, WeightType.Q8_0, 5);
  }

  private void refuses(GgufWriter writer, Class<? extends ModelException> kind, String... words) {
    Path file = writer.write(folder.resolve("m.gguf"));
    assertThatThrownBy(() -> ModelFiles.open(file).close())
        .isInstanceOf(kind)
        .hasMessageContainingAll(words);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void readsVersions(int version) {
    Path file = tiny().version(version).write(folder.resolve("m.gguf"));
    try (ModelFiles model = ModelFiles.open(file)) {
      assertThat(model.config()).isEqualTo(TINY);
    }
  }

  @Test
  void readsAnyAlignment() {
    GgufWriter small = new GgufWriter().alignment(8).tensor("a", 0, new byte[12], 3);
    byte[] file = small.tensor("b", 0, new byte[8], 2).toBytes();
    GgufHeader header = GgufHeader.parse(ByteSource.of(file), folder);
    assertThat(header.tensors().get(1).offset() - header.tensors().get(0).offset()).isEqualTo(16);
  }

  @ParameterizedTest
  @CsvSource({"llama.expert_count, 8, mixture", "llama.vocab_size, 511, 511"})
  void refusesIntegersThatChangeTheModel(String key, int value, String words) {
    refuses(tiny().u32(key, value), ModelException.Unsupported.class, key, words);
  }

  @Test
  void refusesScaledPositions() {
    refuses(
        tiny().string("llama.rope.scaling.type", "yarn"),
        ModelException.Unsupported.class,
        "llama.rope.scaling.type",
        "yarn");
    refuses(
        tiny().f32("llama.rope.scale_linear", 4),
        ModelException.Unsupported.class,
        "llama.rope.scale_linear");
  }

  @Test
  void refusesOtherArchitectures() {
    refuses(
        new GgufWriter().string("general.architecture", "qwen2"),
        ModelException.Unsupported.class,
        "qwen2");
    refuses(new GgufWriter(), ModelException.Unsupported.class, "general.architecture");
  }

  @Test
  void namesMissingKeysAndWrongTypes() {
    GgufWriter bare = new GgufWriter().string("general.architecture", "llama");
    refuses(bare, ModelException.Malformed.class, "llama.embedding_length", "missing");
    GgufWriter text =
        new GgufWriter()
            .string("general.architecture", "llama")
            .string("llama.embedding_length", "256");
    refuses(text, ModelException.Malformed.class, "llama.embedding_length", "integer");
  }

  @Test
  void toleratesRotaryFactorsOfOneOnly() {
    byte[] ones = new byte[128];
    for (int i = 0; i < 32; i++) {
      System.arraycopy(GgufWriter.ints(Float.floatToIntBits(1)), 0, ones, i * 4, 4);
    }
    GgufWriter harmless = tiny().tensor("rope_freqs.weight", 0, ones, 32);
    ModelFiles.open(harmless.write(folder.resolve("ones.gguf"))).close();
    ones[7] ^= 1;
    refuses(
        tiny().tensor("rope_freqs.weight", 0, ones, 32),
        ModelException.Unsupported.class,
        "rope_freqs.weight");
  }

  @Test
  void refusesTensorsOfOtherModels() {
    refuses(
        tiny().tensor("blk.0.attn_q.bias", 0, new byte[128], 32),
        ModelException.Unsupported.class,
        "blk.0.attn_q.bias");
    refuses(
        tiny().tensor("blk.2.attn_norm.weight", 0, new byte[128], 32),
        ModelException.Unsupported.class,
        "blk.2.attn_norm.weight",
        "2 layers");
  }

  @Test
  void refusesMoreTokensThanRows() {
    GgufWriter writer =
        new GgufWriter()
            .string("general.architecture", "llama")
            .u32("llama.embedding_length", 4)
            .u32("llama.block_count", 1)
            .u32("llama.attention.head_count", 2)
            .u32("llama.feed_forward_length", 8)
            .strings("tokenizer.ggml.tokens", "a", "b", "c")
            .tensor("token_embd.weight", 0, new byte[32], 4, 2);
    refuses(writer, ModelException.Malformed.class, "tokenizer.ggml.tokens", "2 rows");
  }

  @Test
  void opensWithoutATokenizerAndSaysSoWhenAsked() {
    byte[] file = tiny().toBytes();
    String text = new String(file, StandardCharsets.ISO_8859_1);
    byte[] renamed =
        text.replace("tokenizer.ggml.tokens", "tokenizer.ggml.tokenz")
            .getBytes(StandardCharsets.ISO_8859_1);
    try (ModelFiles model = ModelFiles.open(write("m.gguf", renamed))) {
      assertThatThrownBy(model::tokenizer)
          .isInstanceOf(ModelException.Incomplete.class)
          .hasMessageContaining("tokenizer.ggml.tokens");
    }
  }

  @Test
  void readsSplitFilesFromAnyPart() {
    writeParts();
    Path whole = tiny().write(folder.resolve("whole.gguf"));
    try (ModelFiles one = ModelFiles.open(whole);
        ModelFiles first = ModelFiles.open(folder.resolve("m-00001-of-00002.gguf"));
        ModelFiles second = ModelFiles.open(folder.resolve("m-00002-of-00002.gguf"))) {
      assertThat(first.config()).isEqualTo(one.config());
      assertThat(first.tensors()).isEqualTo(second.tensors());
      assertThat(ModelDigest.of(first)).isEqualTo(ModelDigest.of(one));
    }
  }

  @Test
  void namesAMissingPart() throws IOException {
    writeParts();
    Files.delete(folder.resolve("m-00002-of-00002.gguf"));
    assertThatThrownBy(() -> ModelFiles.open(folder.resolve("m-00001-of-00002.gguf")).close())
        .isInstanceOf(ModelException.Incomplete.class)
        .hasMessageContainingAll("m-00002-of-00002.gguf", "missing");
  }

  @Test
  void namesAPartThatIsMisplacedOrMisnamed() throws IOException {
    writeParts();
    Path second = folder.resolve("m-00002-of-00002.gguf");
    Path alone = Files.copy(second, folder.resolve("renamed.gguf"));
    assertThatThrownBy(() -> ModelFiles.open(alone).close())
        .isInstanceOf(ModelException.Malformed.class)
        .hasMessageContaining("not named like one");
    Files.copy(
        folder.resolve("m-00001-of-00002.gguf"), second, StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> ModelFiles.open(second).close())
        .isInstanceOf(ModelException.Malformed.class)
        .hasMessageContainingAll("split.no", "part 0 of 2");
  }

  /** The tiny model as llama.cpp splits one: all metadata in the first part, tensors in both. */
  private void writeParts() {
    SyntheticModel.splitGguf(folder, "m", TINY, WeightType.Q8_0, 5);
  }

  private Path write(String name, byte[] bytes) {
    try {
      return Files.write(folder.resolve(name), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
