package io.carovana.model.files;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.shard.Range;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * The tensor table of a model without its weights, for memory arithmetic.
 *
 * @param name what messages call it
 * @param config its shape
 * @param format how its tensors would be stored
 */
public record ShapeOnly(String name, ModelConfig config, StorageFormat format)
    implements TensorReader {
  private static final int INT4_GROUP = 128;

  @Override
  public boolean ropeInterleaved() {
    return false;
  }

  @Override
  public ModelTensor tensor(TensorPart part, int layer) {
    int rows = part.rows(config);
    int columns = part.columns(config);
    Int4Layout layout = format.int4Layout();
    if (layout == null || !part.isProjection() || part == TensorPart.LM_HEAD) {
      return info(part, layer, format.type(part, layer, config.layers()), rows, columns);
    }
    boolean alongInputs = layout.wordsAlongInputs();
    int groups = Math.ceilDiv(columns, INT4_GROUP);
    return new Int4Matrix(
        layout,
        rows,
        columns,
        INT4_GROUP,
        info(
            part,
            layer,
            WeightType.I32,
            alongInputs ? columns / Int4Layout.PER_WORD : columns,
            alongInputs ? rows : rows / Int4Layout.PER_WORD),
        info(part, layer, WeightType.I32, groups, rows / Int4Layout.PER_WORD),
        info(part, layer, WeightType.F16, groups, rows));
  }

  private TensorInfo info(TensorPart part, int layer, WeightType type, int rows, int columns) {
    return new TensorInfo(
        part.huggingFaceName(layer),
        part,
        part.perLayer() ? layer : TensorInfo.NO_LAYER,
        type,
        rows,
        columns,
        Path.of(name),
        0,
        rows * type.rowBytes(columns));
  }

  @Override
  public boolean isSymmetric(Int4Matrix matrix) {
    return format == StorageFormat.GPTQ;
  }

  @Override
  public void read(TensorInfo tensor, Range rows, Range columns, MemorySegment destination) {
    throw new UnsupportedOperationException(name + " has no weights to read");
  }
}
