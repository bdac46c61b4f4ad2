package io.carovana.model.files;

import io.carovana.model.config.ModelConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Tensors by part and layer; complete, and of the shapes that the config asks for. */
final class TensorTable {
  private final ModelConfig config;
  private final Map<TensorPart, @Nullable ModelTensor[]> byPart = new EnumMap<>(TensorPart.class);
  private final List<ModelTensor> all;

  /**
   * @throws ModelException.Malformed if a tensor is missing or has another shape than the config
   */
  TensorTable(Path model, ModelConfig config, List<? extends ModelTensor> tensors) {
    this.config = config;
    for (TensorPart part : TensorPart.values()) {
      byPart.put(part, new @Nullable ModelTensor[part.perLayer() ? config.layers() : 1]);
    }
    for (ModelTensor tensor : tensors) {
      requireShape(tensor);
      slots(tensor.part())[slot(tensor.part(), tensor.layer())] = tensor;
    }
    this.all = inOrder(model);
  }

  ModelTensor get(TensorPart part, int layer) {
    ModelTensor tensor = slots(part)[slot(part, layer)];
    if (tensor == null) {
      return get(TensorPart.EMBEDDING, TensorInfo.NO_LAYER);
    }
    return tensor;
  }

  List<ModelTensor> all() {
    return all;
  }

  private @Nullable ModelTensor[] slots(TensorPart part) {
    return Objects.requireNonNull(byPart.get(part));
  }

  private int slot(TensorPart part, int layer) {
    if (!part.perLayer()) {
      return 0;
    }
    if (layer < 0 || layer >= config.layers()) {
      throw new IllegalArgumentException("the model has no layer " + layer);
    }
    return layer;
  }

  private void requireShape(ModelTensor tensor) {
    int rows = tensor.part().rows(config);
    int columns = tensor.part().columns(config);
    if (tensor.rows() != rows || tensor.columns() != columns) {
      throw new ModelException.Malformed(
          tensor.file(),
          tensor.name(),
          "is %d x %d, but the config asks for %d x %d"
              .formatted(tensor.rows(), tensor.columns(), rows, columns));
    }
  }

  /** All tensors in order of use; finds the first that is missing. */
  private List<ModelTensor> inOrder(Path model) {
    List<ModelTensor> ordered = new ArrayList<>();
    ordered.add(require(model, TensorPart.EMBEDDING, TensorInfo.NO_LAYER));
    for (int layer = 0; layer < config.layers(); layer++) {
      for (TensorPart part : TensorPart.values()) {
        if (part.perLayer()) {
          ordered.add(require(model, part, layer));
        }
      }
    }
    ordered.add(require(model, TensorPart.OUTPUT_NORM, TensorInfo.NO_LAYER));
    if (!config.tiedEmbeddings()) {
      ordered.add(require(model, TensorPart.LM_HEAD, TensorInfo.NO_LAYER));
    }
    return List.copyOf(ordered);
  }

  private ModelTensor require(Path model, TensorPart part, int layer) {
    ModelTensor tensor = slots(part)[slot(part, layer)];
    if (tensor == null) {
      throw new ModelException.Malformed(
          model,
          part.huggingFaceName(layer) + " (GGUF: " + part.ggufName(layer) + ")",
          "this tensor is missing");
    }
    return tensor;
  }
}
