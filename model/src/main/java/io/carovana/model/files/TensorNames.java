package io.carovana.model.files;

import io.carovana.model.config.ModelConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which stored tensor is which part of the model; the rest is harmless or refused by name. */
final class TensorNames {
  /** Frequencies that follow from the config and are computed anew. */
  private static final Pattern DERIVED =
      Pattern.compile(
          "model\\.layers\\.\\d{1,4}\\.self_attn\\.rotary_emb\\.inv_freq"
              + "|model\\.rotary_emb\\.inv_freq|blk\\.\\d{1,4}\\.attn_rot_embd\\.weight");

  /** Factors on the rotary frequencies; harmless only when all are one, see {@link GgufModel}. */
  static final String ROPE_FACTORS = "rope_freqs.weight";

  /** What a name stands for. */
  record Key(TensorPart part, int layer) {}

  private final ModelConfig config;
  private final Map<String, Key> keys;

  private TensorNames(ModelConfig config, Map<String, Key> keys) {
    this.config = config;
    this.keys = keys;
  }

  static TensorNames of(ModelConfig config, ModelFiles.Format format) {
    Map<String, Key> keys = new HashMap<>();
    for (TensorPart part : TensorPart.values()) {
      int layers = part.perLayer() ? config.layers() : 1;
      for (int layer = 0; layer < layers; layer++) {
        String name =
            format == ModelFiles.Format.GGUF ? part.ggufName(layer) : part.huggingFaceName(layer);
        keys.put(name, new Key(part, part.perLayer() ? layer : TensorInfo.NO_LAYER));
      }
    }
    return new TensorNames(config, keys);
  }

  /** What a tensor called {@code name} is, or null if the model does not have it. */
  @Nullable Key key(String name) {
    return keys.get(name);
  }

  /**
   * The tensors the model uses.
   *
   * @throws ModelException for a tensor that a Llama of this config does not have
   */
  List<TensorInfo> identify(List<StoredTensor> stored) {
    List<TensorInfo> tensors = new ArrayList<>();
    for (StoredTensor tensor : stored) {
      Key key = keys.get(tensor.name());
      if (key != null) {
        if (key.part() != TensorPart.LM_HEAD || !config.tiedEmbeddings()) {
          tensors.add(identified(tensor, key));
        }
      } else if (!DERIVED.matcher(tensor.name()).matches() && !tensor.name().equals(ROPE_FACTORS)) {
        throw new ModelException.Unsupported(
            tensor.file(),
            tensor.name(),
            "is not a tensor of a Llama with " + config.layers() + " layers and no biases");
      }
    }
    return tensors;
  }

  private static TensorInfo identified(StoredTensor stored, Key key) {
    WeightType type = stored.type();
    Path file = stored.file();
    if (type == null || type == WeightType.I32) {
      throw new ModelException.Unsupported(
          file,
          stored.name(),
          "has type " + stored.typeName() + "; weights are read as F32, F16 or BF16");
    }
    if (key.part().isNorm() && !type.isFloat()) {
      throw new ModelException.Unsupported(file, stored.name(), "is a norm stored as " + type);
    }
    int dimensions = key.part().isNorm() ? 1 : 2;
    if (stored.dimensions() != dimensions) {
      throw new ModelException.Malformed(
          file,
          stored.name(),
          "has %d dimensions instead of %d".formatted(stored.dimensions(), dimensions));
    }
    return stored.as(key.part(), key.layer(), type);
  }
}
