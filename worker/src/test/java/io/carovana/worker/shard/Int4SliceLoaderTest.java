package io.carovana.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.Int4Layout;
import io.carovana.model.files.Int4Matrix;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.TensorSlice;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.Range;
import io.carovana.model.testing.Int4Checkpoint;
import io.carovana.model.testing.Int4Checkpoint.Matrix;
import io.carovana.model.testing.Int4Checkpoint.Stored;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Panels of 4-bit codes hold exactly the weights that the checkpoint means, for any cut. */
class Int4SliceLoaderTest {
  /** Two KV heads, three leaves of 128 in the feed-forward layer, rows that fill no panel. */
  private static final ModelConfig SHAPE =
      new ModelConfig(256, 1, 4, 2, 64, 384, 104, 1e-5f, 1e6, 512, 1, 2, false);

  private static final TensorSlice GATE =
      new TensorSlice(
          TensorPart.GATE, 0, new Range(0, SHAPE.ffnSize()), new Range(0, SHAPE.hiddenSize()));

  private static final int CUTS = 12;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "GPTQ, 128, true, Q4_G128",
    "GPTQ, 128, false, Q8_G128",
    "GPTQ, 64, true, Q4_G64",
    "GPTQ, 32, false, Q8_G32",
    "GPTQ, -1, true, Q4_G128",
    "GPTQ, 256, false, Q8_G128",
    "GPTQ_V2, 128, true, Q4_G128",
    "GPTQ_V2, 64, false, Q8_G64",
    "AWQ, 128, true, Q4_G128",
    "AWQ, 128, false, Q8_G128",
    "AWQ, 32, true, Q4_G32",
    "AWQ, 64, false, Q8_G64",
    "AWQ, -1, false, Q8_G128"
  })
  void holdsTheWeightsOfAnySlice(
      Int4Layout layout, int group, boolean symmetric, PanelFormat format) {
    long seed = System.nanoTime();
    Int4Checkpoint checkpoint = Int4Checkpoint.random(SHAPE, layout, group, symmetric, seed);
    try (ModelFiles files = ModelFiles.open(checkpoint.write(folder))) {
      SplittableRandom random = new SplittableRandom(seed);
      for (TensorPart part : new TensorPart[] {TensorPart.QUERY, TensorPart.UP, TensorPart.DOWN}) {
        Matrix matrix = checkpoint.matrix(part, 0);
        for (int cut = 0; cut < CUTS; cut++) {
          TensorSlice slice = slice(part, cut, random);
          Panels panels = load(files, slice);
          assertThat(panels.format()).isEqualTo(format);
          for (int row = 0; row < panels.rows(); row++) {
            for (int column = 0; column < panels.columns(); column++) {
              assertThat(panels.weight(row, column))
                  .as("%s at %d, %d, seed %d", slice, row, column, seed)
                  .isEqualTo(
                      checkpoint.weight(
                          matrix, slice.rows().start() + row, slice.columns().start() + column));
            }
          }
        }
      }
    }
  }

  /** The whole matrix first; then any rows and any columns that begin and end at 128. */
  private static TensorSlice slice(TensorPart part, int cut, SplittableRandom random) {
    int rows = part.rows(SHAPE);
    int columns = part.columns(SHAPE);
    if (cut == 0) {
      return new TensorSlice(part, 0, new Range(0, rows), new Range(0, columns));
    }
    int firstRow = random.nextInt(rows);
    int firstUnit = random.nextInt(columns / 128);
    return new TensorSlice(
        part,
        0,
        new Range(firstRow, random.nextInt(firstRow, rows) + 1),
        new Range(firstUnit * 128, (random.nextInt(firstUnit, columns / 128) + 1) * 128));
  }

  /** Loads in batches of some size, from one group to all. */
  private static Panels load(ModelFiles files, TensorSlice slice) {
    long[] read = new long[1];
    Int4Matrix matrix = (Int4Matrix) files.tensor(slice.part(), slice.layer());
    MeteredReader reader = new MeteredReader(files, bytes -> read[0] += bytes);
    int batchBytes = 1 << 8 + Math.floorMod(slice.hashCode(), 10);
    Panels panels =
        new Int4SliceLoader(reader, matrix, slice, batchBytes).matrix(Quantization.NONE);
    assertThat(read[0]).isEqualTo(Int4SliceLoader.fileBytes(matrix, slice));
    return panels;
  }

  @ParameterizedTest
  @EnumSource(Int4Layout.class)
  void loadsNothingForARankWithoutRowsOrColumns(Int4Layout layout) {
    Int4Checkpoint checkpoint = Int4Checkpoint.random(SHAPE, layout, 128, false, 2);
    try (ModelFiles files = ModelFiles.open(checkpoint.write(folder))) {
      Range none = new Range(128, 128);
      Range all = new Range(0, SHAPE.hiddenSize());
      assertThat(load(files, new TensorSlice(TensorPart.UP, 0, none, all)).rows()).isZero();
      assertThat(load(files, new TensorSlice(TensorPart.DOWN, 0, all, none)).columns()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(Int4Layout.class)
  void oneZeroPointOffTheMiddleWidensTheWholeMatrixAndNoOther(Int4Layout layout) {
    Int4Checkpoint checkpoint = Int4Checkpoint.random(SHAPE, layout, 128, true, 3);
    Map<String, Stored> tensors = checkpoint.tensors();
    byte[] zeros = Objects.requireNonNull(tensors.get("model.layers.0.mlp.up_proj.qzeros")).bytes();
    zeros[zeros.length - 1] ^= 0x10;
    Int4Checkpoint.write(folder, checkpoint.configJson(), tensors);
    try (ModelFiles files = ModelFiles.open(folder)) {
      Range firstRows = new Range(0, 32);
      Range columns = new Range(0, SHAPE.hiddenSize());
      assertThat(load(files, new TensorSlice(TensorPart.UP, 0, firstRows, columns)).format())
          .isEqualTo(PanelFormat.Q8_G128);
      assertThat(load(files, new TensorSlice(TensorPart.GATE, 0, firstRows, columns)).format())
          .isEqualTo(PanelFormat.Q4_G128);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {1.5f, -0x1p-24f, 65504f, 0f})
  void takesScalesInF32WhereF16HoldsThem(float scale) {
    Int4Checkpoint checkpoint = withGateScale(scale);
    try (ModelFiles files = ModelFiles.open(folder)) {
      int code = checkpoint.matrix(TensorPart.GATE, 0).codes()[100][7];
      assertThat(load(files, GATE).weight(100, 7)).isEqualTo(scale * (code - 8));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1e6, f16 does not hold",
    "0.1, f16 does not hold",
    "NaN, NaN or infinite",
    "-Infinity, NaN or infinite"
  })
  void refusesOtherScalesByName(float scale, String words) {
    withGateScale(scale);
    try (ModelFiles files = ModelFiles.open(folder)) {
      assertThatThrownBy(() -> load(files, GATE))
          .isInstanceOf(ModelException.class)
          .hasMessageContainingAll("layers.0.mlp.gate_proj.scales", words);
    }
  }

  /** Writes a checkpoint whose gate has f32 scales, row 100's in the first group {@code scale}. */
  private Int4Checkpoint withGateScale(float scale) {
    Int4Checkpoint checkpoint = Int4Checkpoint.random(SHAPE, Int4Layout.GPTQ, 128, true, 4);
    Map<String, Stored> tensors = checkpoint.tensors();
    int count = 2 * SHAPE.ffnSize();
    ByteBuffer scales = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    scales.putFloat(4 * 100, scale);
    tensors.put(
        "model.layers.0.mlp.gate_proj.scales",
        new Stored("F32", scales.array(), 2, SHAPE.ffnSize()));
    Int4Checkpoint.write(folder, checkpoint.configJson(), tensors);
    return checkpoint;
  }
}
