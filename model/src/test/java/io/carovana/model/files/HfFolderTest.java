package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.testing.SafetensorsWriter;
import io.carovana.model.testing.SyntheticModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Folders as people have them: whole, half downloaded, of the wrong kind; named as what they are.
 */
class HfFolderTest {
  private static final String SECOND = "model-00002-of-00003.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  @TempDir Path temp;
  private Path folder;

  @BeforeEach
  void writeShards() {
    folder = temp.resolve("model");
    SyntheticModel.huggingFace(folder, SyntheticModel.ODD, WeightType.BF16, 3, 3);
  }

  private void refuses(Class<? extends ModelException> kind, String... words) {
    assertThatThrownBy(() -> open(folder)).isInstanceOf(kind).hasMessageContainingAll(words);
  }

  private static void open(Path path) {
    ModelFiles.open(path).close();
  }

  @Test
  void namesAMissingShardAndItsIndex() throws IOException {
    Files.delete(folder.resolve(SECOND));
    refuses(ModelException.Incomplete.class, SECOND, INDEX, "hf download");
  }

  @Test
  void namesALinkToNothing() throws IOException {
    Files.delete(folder.resolve(SECOND));
    Files.createSymbolicLink(folder.resolve(SECOND), Path.of("../../blobs/gone"));
    refuses(ModelException.Incomplete.class, SECOND, "link to nothing");
  }

  @Test
  void namesATruncatedShard() throws IOException {
    Path shard = folder.resolve(SECOND);
    byte[] whole = Files.readAllBytes(shard);
    Files.write(shard, Arrays.copyOf(whole, whole.length - 100));
    refuses(ModelException.Incomplete.class, SECOND, "copy it again");
  }

  @Test
  void namesAnLfsPointerForWhatItIs() throws IOException {
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
    Files.writeString(folder.resolve(SECOND), pointer);
    refuses(ModelException.Incomplete.class, SECOND, "git lfs pull");
  }

  @Test
  void namesAnEmptyFile() throws IOException {
    Files.write(folder.resolve(SECOND), new byte[0]);
    refuses(ModelException.Incomplete.class, SECOND, "empty");
  }

  @Test
  void namesAnUnfinishedDownload() throws IOException {
    Files.delete(folder.resolve(INDEX));
    Path downloads = Files.createDirectories(folder.resolve(".cache/huggingface/download"));
    Files.writeString(downloads.resolve("abc.incomplete"), "half");
    refuses(ModelException.Incomplete.class, "abc.incomplete", "has not finished");
  }

  @Test
  void namesAMissingIndex() throws IOException {
    Files.delete(folder.resolve(INDEX));
    refuses(ModelException.Incomplete.class, INDEX, "missing beside its shards");
  }

  @Test
  void namesPickles() throws IOException {
    Path pickles = Files.createDirectories(temp.resolve("pickles"));
    Files.copy(folder.resolve("config.json"), pickles.resolve("config.json"));
    Files.writeString(pickles.resolve("pytorch_model-00001-of-00002.bin"), "PK");
    folder = pickles;
    refuses(ModelException.Unsupported.class, "pickles", "safe_serialization");
  }

  @Test
  void namesMetasOriginalRelease() throws IOException {
    folder = Files.createDirectories(temp.resolve("meta"));
    Files.writeString(folder.resolve("params.json"), "{}");
    Files.writeString(folder.resolve("consolidated.00.pth"), "PK");
    refuses(ModelException.Unsupported.class, "Meta's original", "GGUF");
  }

  @Test
  void namesAFolderWithoutAModel() throws IOException {
    folder = Files.createDirectories(temp.resolve("empty"));
    refuses(ModelException.NotFound.class, "config.json", ".gguf");
  }

  @Test
  void saysThatTheFolderIsWantedWhenGivenWeights() {
    folder = folder.resolve(SECOND);
    refuses(ModelException.Unsupported.class, "give the folder");
  }

  @Test
  void opensWithoutATokenizerAndSaysSoWhenAsked() throws IOException {
    Files.delete(folder.resolve("tokenizer.model"));
    Files.writeString(folder.resolve("tokenizer.json"), "{}");
    try (ModelFiles model = ModelFiles.open(folder)) {
      assertThatThrownBy(model::tokenizer)
          .isInstanceOf(ModelException.Incomplete.class)
          .hasMessageContainingAll("tokenizer.model", "tokenizer.json is not read");
    }
  }

  @Test
  void namesATokenizerThatIsAnLfsPointer() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer.model"), "version https://git-lfs.github.com/spec/v1\n");
    try (ModelFiles model = ModelFiles.open(folder)) {
      assertThatThrownBy(model::tokenizer).hasMessageContaining("git lfs pull");
    }
  }

  @Test
  void refusesAnIndexThatLies() throws IOException {
    Path index = folder.resolve(INDEX);
    String json = Files.readString(index);
    Files.writeString(index, json.replace("\"lm_head.weight\":", "\"other.weight\":"));
    refuses(ModelException.Malformed.class, "lm_head.weight", "elsewhere");
    Files.writeString(
        index, json.replace("}}", ",\"extra.weight\":\"model-00001-of-00003.safetensors\"}}"));
    refuses(ModelException.Malformed.class, "extra.weight", "lacks it");
  }

  @Test
  void refusesShardNamesThatLeaveTheFolder() throws IOException {
    for (String name : new String[] {"../x.safetensors", "/etc/passwd", "a\\u0000.safetensors"}) {
      Files.writeString(
          folder.resolve(INDEX), "{\"weight_map\":{\"lm_head.weight\":\"" + name + "\"}}");
      refuses(ModelException.Malformed.class, "lm_head.weight", "not a safetensors file beside");
    }
  }

  @Test
  void namesAMissingTensorAndAStrangeOne() throws IOException {
    ModelConfig fewer = with(SyntheticModel.ODD, 2);
    Files.writeString(folder.resolve("config.json"), SyntheticModel.configJson(fewer));
    refuses(ModelException.Unsupported.class, "model.layers.2.", "2 layers");
    ModelConfig more = with(SyntheticModel.ODD, 4);
    Files.writeString(folder.resolve("config.json"), SyntheticModel.configJson(more));
    refuses(ModelException.Malformed.class, "model.layers.3.", "missing");
  }

  @Test
  void refusesShapesUnlikeTheConfig() throws IOException {
    ModelConfig c = SyntheticModel.ODD;
    Files.writeString(
        folder.resolve("config.json"),
        SyntheticModel.configJson(c).replace("\"vocab_size\": 480", "\"vocab_size\": 512"));
    refuses(ModelException.Malformed.class, "480 x 192", "512 x 192");
  }

  @Test
  void refusesBiasesByName() {
    SyntheticModel.huggingFace(temp.resolve("one"), SyntheticModel.ODD, WeightType.F16, 3, 1);
    folder = temp.resolve("one");
    new SafetensorsWriter()
        .tensor("model.layers.0.self_attn.q_proj.bias", "F16", new byte[4], 2)
        .write(folder.resolve("model.safetensors"));
    refuses(ModelException.Unsupported.class, "q_proj.bias");
  }

  @Test
  void tiedEmbeddingsServeAsHead() {
    ModelConfig c = SyntheticModel.TINY;
    ModelConfig tied =
        new ModelConfig(
            c.hiddenSize(),
            c.layers(),
            c.heads(),
            c.kvHeads(),
            c.headDim(),
            c.ffnSize(),
            c.vocabSize(),
            c.rmsNormEps(),
            c.ropeTheta(),
            c.maxPositions(),
            c.bosId(),
            c.eosId(),
            true);
    Path hf = SyntheticModel.huggingFace(temp.resolve("tied"), tied, WeightType.F16, 3, 1);
    Path gguf = SyntheticModel.gguf(temp.resolve("tied.gguf"), tied, WeightType.Q8_0, 3);
    for (Path path : new Path[] {hf, gguf}) {
      try (ModelFiles model = ModelFiles.open(path)) {
        assertThat(model.config()).isEqualTo(tied);
        assertThat(model.tensor(TensorPart.LM_HEAD)).isEqualTo(model.tensor(TensorPart.EMBEDDING));
      }
    }
  }

  private static ModelConfig with(ModelConfig c, int layers) {
    return new ModelConfig(
        c.hiddenSize(),
        layers,
        c.heads(),
        c.kvHeads(),
        c.headDim(),
        c.ffnSize(),
        c.vocabSize(),
        c.rmsNormEps(),
        c.ropeTheta(),
        c.maxPositions(),
        c.bosId(),
        c.eosId(),
        c.tiedEmbeddings());
  }
}
