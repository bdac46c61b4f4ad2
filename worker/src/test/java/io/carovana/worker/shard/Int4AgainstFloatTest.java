package io.carovana.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.Int4Layout;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.WeightType;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.OwnBits;
import io.carovana.model.quant.OwnFormat;
import io.carovana.model.quant.OwnRows;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.testing.Int4Checkpoint;
import io.carovana.model.testing.Int4Checkpoint.Matrix;
import io.carovana.model.testing.SyntheticModel;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.Panels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What {@code --quantize q4} makes of a float model, written as a GPTQ or AWQ checkpoint, loads
 * into the very panels that {@code --quantize q4} makes: so all kernels compute the same bits.
 */
class Int4AgainstFloatTest {
  private static final ModelConfig SHAPE = SyntheticModel.TINY;

  /** What {@code --quantize} takes for every matrix of this shape. */
  private static final int GROUP = 128;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(Int4Layout.class)
  void holdsThePanelsThatQuantizingTheFloatsMakes(Int4Layout layout) {
    Path floats =
        SyntheticModel.huggingFace(folder.resolve("floats"), SHAPE, WeightType.BF16, 8, 1);
    try (ModelFiles original = ModelFiles.open(floats)) {
      Path checkpoint =
          new Int4Checkpoint(
                  SHAPE, layout, GROUP, 8, (part, layer) -> quantized(original, part, layer))
              .write(folder.resolve("int4"));
      try (ModelFiles quantized = ModelFiles.open(checkpoint)) {
        ShardPlan plan = ShardPlan.even(SHAPE, 1, 2);
        for (ShardPlan.RankShard rank : plan.ranks()) {
          List<LayerWeights> expected = layers(original, plan, rank, Quantization.Q4);
          List<LayerWeights> loaded = layers(quantized, plan, rank, Quantization.NONE);
          for (int layer = 0; layer < expected.size(); layer++) {
            assertSame(matrices(loaded.get(layer)), matrices(expected.get(layer)));
          }
        }
      }
    }
  }

  /** Codes and scales as {@code --quantize q4} makes them, around zero points of 8. */
  private static Matrix quantized(ModelFiles files, TensorPart part, int layer) {
    TensorInfo tensor = (TensorInfo) files.tensor(part, layer);
    OwnFormat format = OwnFormat.of(SHAPE, tensor, OwnBits.Q4);
    assertThat(format.group()).isEqualTo(GROUP);
    int rows = tensor.rows();
    int columns = tensor.columns();
    int groups = columns / GROUP;
    byte[] codes = new byte[rows * columns];
    short[] scales = new short[rows * groups];
    new OwnRows(files, tensor, format)
        .read(new Range(0, rows), new Range(0, columns), codes, scales);
    Matrix matrix =
        new Matrix(new byte[rows][columns], new byte[groups][rows], new short[groups][rows]);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        matrix.codes()[row][column] = (byte) (codes[row * columns + column] + 8);
      }
      for (int group = 0; group < groups; group++) {
        matrix.zeros()[group][row] = 8;
        matrix.scales()[group][row] = scales[row * groups + group];
      }
    }
    return matrix;
  }

  private static List<LayerWeights> layers(
      ModelFiles files, ShardPlan plan, ShardPlan.RankShard rank, Quantization quantization) {
    Precision precision = new Precision(quantization, KvProfile.F32);
    ShardOptions options = new ShardOptions(2, 1, 1, 1, precision, "auto", 0, "panels");
    return ShardLoader.weights(files, plan, rank, options, LoadProgress.SILENT).layers();
  }

  private static List<Panels> matrices(LayerWeights layer) {
    return List.of(
        layer.query(),
        layer.key(),
        layer.value(),
        layer.attentionOutput(),
        layer.gate(),
        layer.up(),
        layer.down());
  }

  private static void assertSame(List<Panels> loaded, List<Panels> expected) {
    for (int i = 0; i < expected.size(); i++) {
      IntegerPanels own = (IntegerPanels) expected.get(i);
      IntegerPanels int4 = (IntegerPanels) loaded.get(i);
      assertThat(int4.format()).isEqualTo(own.format());
      assertThat(Arrays.equals(int4.codes(), own.codes())).as("codes of matrix %d", i).isTrue();
      assertThat(Arrays.equals(int4.scales(), own.scales())).as("scales of matrix %d", i).isTrue();
    }
  }
}
