package io.carovana.model.testing;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.Int4Matrix;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.TensorReader;
import io.carovana.model.files.WeightType;
import io.carovana.model.shard.Range;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** The tensor table of a model of any size, without its weights. */
public record ShapeOnly(ModelConfig config, WeightType type) implements TensorReader {
  @Override
  public boolean ropeInterleaved() {
    return false;
  }

  @Override
  public TensorInfo tensor(TensorPart part, int layer) {
    int rows = part.rows(config);
    int columns = part.columns(config);
    return new TensorInfo(
        part.huggingFaceName(layer),
        part,
        part.perLayer() ? layer : TensorInfo.NO_LAYER,
        type,
        rows,
        columns,
        Path.of("shape-only"),
        0,
        rows * type.rowBytes(columns));
  }

  @Override
  public boolean isSymmetric(Int4Matrix matrix) {
    throw new UnsupportedOperationException("no 4-bit codes here");
  }

  @Override
  public void read(TensorInfo tensor, Range rows, Range columns, MemorySegment destination) {
    throw new UnsupportedOperationException("no weights here");
  }
}
