package io.carovana.model.files;

import io.carovana.model.config.ModelConfig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a GGUF header says of the model: {@code llama.*} keys become a {@link ModelConfig}. */
final class GgufModel {
  private static final String TOKENS = "tokenizer.ggml.tokens";

  /** Most bytes of a table of rotary factors. */
  private static final int ROPE_FACTOR_BYTES = 1 << 16;

  /** Block layouts that ggml has not changed since this version. */
  private static final long QUANTIZATION_VERSION = 2;

  private final GgufMetadata metadata;
  private final Path file;

  private GgufModel(GgufMetadata metadata) {
    this.metadata = metadata;
    this.file = metadata.file();
  }

  /**
   * The model in one GGUF header, or in the first header of a split model with the tensors of all
   * parts.
   *
   * @param sources the parts' bytes, to read what is smaller than a weight
   */
  static ModelFiles.Contents contents(
      GgufMetadata metadata, List<StoredTensor> tensors, StoredBytes sources) {
    GgufModel model = new GgufModel(metadata);
    ModelConfig config = model.config(tensors);
    for (StoredTensor tensor : tensors) {
      if (tensor.name().equals(TensorNames.ROPE_FACTORS)) {
        requireOnes(tensor, sources);
      }
    }
    List<TensorInfo> named = TensorNames.of(config, ModelFiles.Format.GGUF).identify(tensors);
    return new ModelFiles.Contents(
        ModelFiles.Format.GGUF, model.file, config, named, model::tokenizer);
  }

  private TokenizerSource tokenizer() {
    if (metadata.arrayLength(TOKENS) == null) {
      throw new ModelException.Incomplete(
          file, TOKENS, "the file has no tokenizer; convert the model again with its vocabulary");
    }
    return new TokenizerSource.Gguf(metadata);
  }

  private ModelConfig config(List<StoredTensor> tensors) {
    String architecture = metadata.string("general.architecture");
    if (!"llama".equals(architecture)) {
      throw new ModelException.Unsupported(
          file, "general.architecture", "is \"" + architecture + "\"; only \"llama\" is run");
    }
    refuseVariants(tensors);
    int hidden = required("llama.embedding_length");
    int heads = required("llama.attention.head_count");
    int headDim = headDim(hidden, heads);
    try {
      return new ModelConfig(
          hidden,
          required("llama.block_count"),
          heads,
          optional("llama.attention.head_count_kv", heads),
          headDim,
          required("llama.feed_forward_length"),
          vocabulary(tensors),
          (float) number("llama.attention.layer_norm_rms_epsilon", Double.NaN),
          number("llama.rope.freq_base", 10000),
          required("llama.context_length"),
          optional("tokenizer.ggml.bos_token_id", 1),
          optional("tokenizer.ggml.eos_token_id", 2),
          find(tensors, TensorPart.LM_HEAD) == null);
    } catch (IllegalArgumentException e) {
      throw new ModelException.Malformed(file, "llama.*", String.valueOf(e.getMessage()), e);
    }
  }

  private void refuseVariants(List<StoredTensor> tensors) {
    if (optional("llama.expert_count", 0) != 0) {
      throw new ModelException.Unsupported(
          file, "llama.expert_count", "mixture-of-experts models are not run");
    }
    String scaling = metadata.string("llama.rope.scaling.type");
    if (scaling != null && !scaling.equals("none")) {
      throw new ModelException.Unsupported(
          file, "llama.rope.scaling.type", "is \"" + scaling + "\"; only plain RoPE is run");
    }
    if (number("llama.rope.scale_linear", 1) != 1) {
      throw new ModelException.Unsupported(
          file, "llama.rope.scale_linear", "is not 1; only plain RoPE is run");
    }
    boolean quantized = tensors.stream().anyMatch(t -> t.type() != null && !t.type().isFloat());
    long version = optional("general.quantization_version", (int) QUANTIZATION_VERSION);
    if (quantized && version != QUANTIZATION_VERSION) {
      throw new ModelException.Unsupported(
          file,
          "general.quantization_version",
          "is " + version + "; blocks of version " + QUANTIZATION_VERSION + " are read");
    }
  }

  private int headDim(int hidden, int heads) {
    int stated = optional("llama.attention.key_length", 0);
    if (stated == 0) {
      if (heads <= 0 || hidden % heads != 0) {
        throw new ModelException.Malformed(
            file,
            "llama.attention.head_count",
            heads + " heads do not divide an embedding of " + hidden);
      }
      stated = hidden / heads;
    }
    requireEqual("llama.attention.value_length", stated);
    requireEqual("llama.rope.dimension_count", stated);
    return stated;
  }

  private void requireEqual(String key, int expected) {
    int stated = optional(key, expected);
    if (stated != expected) {
      throw new ModelException.Unsupported(
          file, key, "is " + stated + ", unlike the head width of " + expected);
    }
  }

  private int vocabulary(List<StoredTensor> tensors) {
    StoredTensor embedding = find(tensors, TensorPart.EMBEDDING);
    if (embedding == null) {
      throw new ModelException.Malformed(
          file, TensorPart.EMBEDDING.ggufName(0), "this tensor is missing");
    }
    int rows = inRange(TensorPart.EMBEDDING.ggufName(0), embedding.rows());
    Integer tokens = metadata.arrayLength(TOKENS);
    if (tokens != null && tokens > rows) {
      throw new ModelException.Malformed(
          file, TOKENS, tokens + " tokens, but the embedding has only " + rows + " rows");
    }
    requireEqual("llama.vocab_size", rows);
    return rows;
  }

  private static @Nullable StoredTensor find(List<StoredTensor> tensors, TensorPart part) {
    String name = part.ggufName(TensorInfo.NO_LAYER);
    return tensors.stream().filter(t -> t.name().equals(name)).findFirst().orElse(null);
  }

  private static void requireOnes(StoredTensor tensor, StoredBytes sources) {
    if (tensor.type() == WeightType.F32 && tensor.byteLength() <= ROPE_FACTOR_BYTES) {
      ByteBuffer values = ByteBuffer.wrap(sources.read(tensor)).order(ByteOrder.LITTLE_ENDIAN);
      boolean ones = true;
      while (values.hasRemaining()) {
        ones &= values.getFloat() == 1f;
      }
      if (ones) {
        return;
      }
    }
    throw new ModelException.Unsupported(
        tensor.file(), tensor.name(), "scales the rotary frequencies; only plain RoPE is run");
  }

  private int required(String key) {
    Long value = metadata.integer(key);
    if (value == null) {
      throw new ModelException.Malformed(file, key, "this key is missing");
    }
    return inRange(key, value);
  }

  private int optional(String key, int fallback) {
    Long value = metadata.integer(key);
    return value == null ? fallback : inRange(key, value);
  }

  private double number(String key, double fallback) {
    Double value = metadata.number(key);
    return value == null ? fallback : value;
  }

  private int inRange(String key, long value) {
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new ModelException.Malformed(file, key, "is out of range: " + value);
    }
    return (int) value;
  }
}
