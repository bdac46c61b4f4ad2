package io.carovana.model.testing;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.WeightType;
import io.carovana.model.testing.DemoTokenizer.Piece;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Random-weights Llamas of any shape and weight type, with the demo model's tokenizer. The same
 * arguments write the same bytes.
 */
public final class SyntheticModel {
  /** A small grouped-query shape: 2 layers, 4 heads over 2 KV heads, 256 wide. */
  public static final ModelConfig TINY =
      new ModelConfig(256, 2, 4, 2, 64, 512, 512, 1e-5f, 1e6, 16384, 1, 2, false);

  /** Three KV heads of 32, six query heads, an FFN of 11 units of 32: nothing divides evenly. */
  public static final ModelConfig ODD =
      new ModelConfig(192, 3, 6, 3, 32, 352, 480, 1e-5f, 1e6, 16384, 1, 2, false);

  private record Tensor(TensorPart part, int layer, int rows, int columns) {}

  private final ModelConfig config;
  private final RandomWeights weights;

  private SyntheticModel(ModelConfig config, long seed) {
    this.config = config;
    this.weights = new RandomWeights(seed);
  }

  /**
   * Writes a GGUF file. Norms are F32; a matrix whose rows are not whole blocks of {@code type} is
   * Q8_0, or F16 if that does not fit either (as llama.cpp's quantizer falls back).
   *
   * @return {@code file}
   */
  public static Path gguf(Path file, ModelConfig config, WeightType type, long seed) {
    return new SyntheticModel(config, seed).ggufWriter(type).write(file);
  }

  /**
   * Writes a Hugging Face folder of {@code shards} safetensors files (one without an index).
   *
   * @return {@code folder}
   */
  public static Path huggingFace(
      Path folder, ModelConfig config, WeightType type, long seed, int shards) {
    try {
      Files.createDirectories(folder);
      new SyntheticModel(config, seed).writeFolder(folder, type, shards);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The writer of {@link #gguf} before it writes, so that a test can spoil the file. */
  public static GgufWriter ggufWriter(ModelConfig config, WeightType type, long seed) {
    return new SyntheticModel(config, seed).ggufWriter(type);
  }

  /**
   * Writes a GGUF model in two parts, {@code NAME-00001-of-00002.gguf} and its sibling: all
   * metadata in the first, half of the tensors in each.
   */
  public static void splitGguf(
      Path folder, String name, ModelConfig config, WeightType type, long seed) {
    SyntheticModel model = new SyntheticModel(config, seed);
    List<Tensor> tensors = model.tensors();
    int half = tensors.size() / 2;
    for (int part = 0; part < 2; part++) {
      GgufWriter out = new GgufWriter();
      if (part == 0) {
        model.metadata(out);
      }
      out.u32("split.no", part).u32("split.count", 2).u32("split.tensors.count", tensors.size());
      model.add(
          out, type, part == 0 ? tensors.subList(0, half) : tensors.subList(half, tensors.size()));
      out.write(folder.resolve("%s-%05d-of-00002.gguf".formatted(name, part + 1)));
    }
  }

  private GgufWriter ggufWriter(WeightType type) {
    GgufWriter out = new GgufWriter();
    metadata(out);
    return add(out, type, tensors());
  }

  private GgufWriter add(GgufWriter out, WeightType type, List<Tensor> tensors) {
    for (Tensor tensor : tensors) {
      WeightType stored = tensor.part().isNorm() ? WeightType.F32 : fitting(type, tensor.columns());
      long[] shape =
          tensor.part().isNorm()
              ? new long[] {tensor.columns()}
              : new long[] {tensor.columns(), tensor.rows()};
      String name = tensor.part().ggufName(tensor.layer());
      out.tensor(name, stored.ggmlId(), bytes(tensor, stored), shape);
    }
    return out;
  }

  private void metadata(GgufWriter out) {
    out.string("general.architecture", "llama")
        .u32("general.quantization_version", 2)
        .u32("llama.context_length", config.maxPositions())
        .u32("llama.embedding_length", config.hiddenSize())
        .u32("llama.block_count", config.layers())
        .u32("llama.feed_forward_length", config.ffnSize())
        .u32("llama.attention.head_count", config.heads())
        .u32("llama.attention.head_count_kv", config.kvHeads())
        .u32("llama.attention.key_length", config.headDim())
        .u32("llama.attention.value_length", config.headDim())
        .u32("llama.rope.dimension_count", config.headDim())
        .f32("llama.attention.layer_norm_rms_epsilon", config.rmsNormEps())
        .f32("llama.rope.freq_base", (float) config.ropeTheta());
    List<Piece> pieces = DemoTokenizer.pieces();
    List<Piece> used = pieces.subList(0, Math.min(pieces.size(), config.vocabSize()));
    float[] scores = new float[used.size()];
    int[] types = new int[used.size()];
    for (int id = 0; id < scores.length; id++) {
      scores[id] = used.get(id).score();
      types[id] = used.get(id).type();
    }
    out.string("tokenizer.ggml.model", "llama")
        .strings("tokenizer.ggml.tokens", used.stream().map(Piece::text).toArray(String[]::new))
        .floats("tokenizer.ggml.scores", scores)
        .integers("tokenizer.ggml.token_type", types)
        .u32("tokenizer.ggml.bos_token_id", config.bosId())
        .u32("tokenizer.ggml.eos_token_id", config.eosId());
  }

  private void writeFolder(Path folder, WeightType type, int shards) throws IOException {
    Files.writeString(folder.resolve("config.json"), configJson(config));
    Files.copy(
        DemoTokenizer.file(),
        folder.resolve("tokenizer.model"),
        StandardCopyOption.REPLACE_EXISTING);
    List<Tensor> tensors = tensors();
    List<String> index = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      String name =
          shards == 1
              ? "model.safetensors"
              : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", shard + 1, shards);
      SafetensorsWriter out = new SafetensorsWriter().entry("\"__metadata__\":{\"format\":\"pt\"}");
      int from = tensors.size() * shard / shards;
      int to = tensors.size() * (shard + 1) / shards;
      for (Tensor tensor : tensors.subList(from, to)) {
        String tensorName = tensor.part().huggingFaceName(tensor.layer());
        long[] shape =
            tensor.part().isNorm()
                ? new long[] {tensor.columns()}
                : new long[] {tensor.rows(), tensor.columns()};
        out.tensor(tensorName, type.name(), bytes(tensor, type), shape);
        index.add("\"" + tensorName + "\":\"" + name + "\"");
      }
      out.write(folder.resolve(name));
    }
    if (shards > 1) {
      Files.writeString(
          folder.resolve("model.safetensors.index.json"),
          index.stream().collect(Collectors.joining(",\n", "{\"weight_map\":{", "}}")));
    }
  }

  /** A {@code config.json} for a shape. */
  public static String configJson(ModelConfig config) {
    return """
        {
          "architectures": ["LlamaForCausalLM"],
          "model_type": "llama",
          "hidden_size": %d,
          "num_hidden_layers": %d,
          "num_attention_heads": %d,
          "num_key_value_heads": %d,
          "head_dim": %d,
          "intermediate_size": %d,
          "vocab_size": %d,
          "rms_norm_eps": %s,
          "rope_theta": %s,
          "max_position_embeddings": %d,
          "bos_token_id": %d,
          "eos_token_id": %d,
          "tie_word_embeddings": %b
        }
        """
        .formatted(
            config.hiddenSize(),
            config.layers(),
            config.heads(),
            config.kvHeads(),
            config.headDim(),
            config.ffnSize(),
            config.vocabSize(),
            Float.toString(config.rmsNormEps()),
            Double.toString(config.ropeTheta()),
            config.maxPositions(),
            config.bosId(),
            config.eosId(),
            config.tiedEmbeddings());
  }

  private List<Tensor> tensors() {
    List<Tensor> tensors = new ArrayList<>();
    for (TensorPart part : TensorPart.values()) {
      if (part == TensorPart.LM_HEAD && config.tiedEmbeddings()) {
        continue;
      }
      int layers = part.perLayer() ? config.layers() : 1;
      for (int layer = 0; layer < layers; layer++) {
        tensors.add(
            new Tensor(
                part,
                part.perLayer() ? layer : TensorInfo.NO_LAYER,
                part.rows(config),
                part.columns(config)));
      }
    }
    return tensors;
  }

  private byte[] bytes(Tensor tensor, WeightType type) {
    return weights.bytes(tensor.part(), tensor.layer(), type, tensor.rows(), tensor.columns());
  }

  private static WeightType fitting(WeightType type, int columns) {
    if (columns % type.blockElements() == 0) {
      return type;
    }
    return columns % WeightType.Q8_0.blockElements() == 0 ? WeightType.Q8_0 : WeightType.F16;
  }
}
