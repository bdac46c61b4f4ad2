package io.carovana.worker.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.shard.Range;
import io.carovana.model.shard.ReductionTree;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Matrix products have the specification's bits, by whatever kernels this JVM can run. */
@Tag("widths")
public class FastProductsTest {
  private static final long SEED = 7;
  private static final Kernels SCALAR = new ScalarKernels();
  private static final KernelScratch SCRATCH = new KernelScratch(new AttentionShape(1, 1, 2));

  /** Weight rows, columns in blocks, first column in blocks, activation rows. */
  private static final int[][] SHAPES = {
    {1, 1, 0, 1},
    {31, 3, 7, 2},
    {33, 9, 1, 3},
    {40, 2, 0, 4},
    {64, 5, 5, 5},
    {34, 1, 3, 9},
    {35, 9, 6, 13}
  };

  @ParameterizedTest
  @EnumSource(PanelFormat.class)
  void productsHaveTheScalarBits(PanelFormat format) {
    RandomKernelInputs inputs = new RandomKernelInputs(SEED + format.ordinal());
    for (int[] shape : SHAPES) {
      int block = Math.max(format.block(), 32);
      int rows = shape[3];
      Panels weights = inputs.panels(format, shape[0], shape[1] * block, shape[2] * block);
      Activations x = activations(inputs, format, rows, weights.columns());
      float[] expected = multiply(SCALAR, weights, x, rows);
      for (Kernels kernels : KernelsHere.fast()) {
        float[] actual = multiply(kernels, weights, x, rows);
        String name = kernels.name();
        assertSameBits(actual, expected, "%s %s %s seed %d", name, format, weights.rows(), SEED);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = PanelFormat.class,
      names = {"F32", "F16", "BF16"})
  void floatProductsTakeAnyNumberOfColumns(PanelFormat format) {
    RandomKernelInputs inputs = new RandomKernelInputs(SEED);
    for (int columns : new int[] {1, 7, 257}) {
      Panels weights = inputs.panels(format, 5, columns, 0);
      Activations x = activations(inputs, format, 6, columns);
      float[] expected = multiply(SCALAR, weights, x, 6);
      for (Kernels kernels : KernelsHere.fast()) {
        assertSameBits(multiply(kernels, weights, x, 6), expected, "%s", columns);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(PanelFormat.class)
  void treesHaveTheScalarBits(PanelFormat format) {
    RandomKernelInputs inputs = new RandomKernelInputs(SEED + format.ordinal());
    int block = Math.max(format.block(), 32);
    LeafProgram leaves =
        LeafProgram.of(new ReductionTree(7), new Range(1, 6), leaf -> (leaf + leaf / 3) * block);
    for (int rows : new int[] {1, 5}) {
      Panels weights = inputs.panels(format, 37, leaves.columns(), block);
      Activations x = activations(inputs, format, rows, weights.columns());
      float[] expected = tree(SCALAR, weights, leaves, x, rows);
      for (Kernels kernels : KernelsHere.fast()) {
        float[] actual = tree(kernels, weights, leaves, x, rows);
        assertSameBits(actual, expected, "%s %s rows %d", kernels.name(), format, rows);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = PanelFormat.class,
      names = {"Q4_G32", "Q5_K", "BF16"})
  void rowsBeyondATileChangeNothing(PanelFormat format) {
    RandomKernelInputs inputs = new RandomKernelInputs(SEED);
    int rows = KernelScratch.TILE_ROWS + 2;
    Panels weights = inputs.panels(format, 3, 64, 0);
    Activations x = activations(inputs, format, rows, 64);
    float[] expected = multiply(SCALAR, weights, x, rows);
    for (Kernels kernels : KernelsHere.fast()) {
      assertSameBits(multiply(kernels, weights, x, rows), expected, "%s", format);
    }
  }

  private static Activations activations(
      RandomKernelInputs inputs, PanelFormat format, int rows, int columns) {
    Activations x = new Activations(rows, columns, format.quantized());
    inputs.fill(x.values(), 0, rows * columns, 3f);
    return x;
  }

  private static void quantize(Kernels kernels, PanelFormat format, Activations x, int rows) {
    if (format.quantized()) {
      kernels.quantize(x, format.block(), 0, rows);
    }
  }

  private static float[] multiply(Kernels kernels, Panels weights, Activations x, int rows) {
    int stride = weights.rows() + 3;
    float[] out = new float[rows * stride];
    quantize(kernels, weights.format(), x, rows);
    kernels.multiply(weights, 0, weights.count(), x, 0, rows, out, 1, stride, SCRATCH);
    return out;
  }

  private static float[] tree(
      Kernels kernels, Panels weights, LeafProgram leaves, Activations x, int rows) {
    float[] out = new float[leaves.nodes() * rows * weights.rows()];
    quantize(kernels, weights.format(), x, rows);
    kernels.multiplyTree(weights, 0, weights.count(), leaves, x, 0, rows, out, rows, SCRATCH);
    return out;
  }

  public static void assertSameBits(float[] actual, float[] expected, String what, Object... args) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(Float.floatToRawIntBits(actual[i]))
          .as("%s, element %d: %s and %s", what.formatted(args), i, actual[i], expected[i])
          .isEqualTo(Float.floatToRawIntBits(expected[i]));
    }
  }
}
