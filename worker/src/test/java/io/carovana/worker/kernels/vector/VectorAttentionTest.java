package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.VectorProductsTest.assertSameBits;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.AttentionShape;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.KvView;
import io.carovana.worker.kernels.NonFiniteException;
import io.carovana.worker.kernels.RandomKernelInputs;
import io.carovana.worker.kernels.ScalarKernels;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention has the specification's bits at this JVM's vector width. */
@Tag("widths")
class VectorAttentionTest {
  private static final Kernels SCALAR = new ScalarKernels();
  private static final Kernels VECTOR = new VectorKernels();

  @ParameterizedTest
  @CsvSource({
    // kvHeads, group, headDim, first position, rows
    "1, 1, 128, 0, 1",
    "2, 1, 20, 0, 5",
    "2, 2, 48, 30, 4",
    "1, 3, 36, 254, 5",
    "1, 5, 64, 300, 1",
    "1, 1, 8, 250, 18",
    "2, 4, 16, 767, 2"
  })
  void attentionHasTheScalarBits(int kvHeads, int group, int headDim, int first, int rows) {
    Fixture fixture = new Fixture(new AttentionShape(kvHeads, group, headDim), first + rows);
    float[] expected = fixture.run(SCALAR, first, rows);
    float[] actual = fixture.run(VECTOR, first, rows);
    assertSameBits(actual, expected, "attention");
  }

  /** How a prompt is cut into chunks does not show (rule 7). */
  @Test
  void rowsAloneHaveTheBitsOfRowsTogether() {
    Fixture fixture = new Fixture(new AttentionShape(1, 2, 32), 290);
    float[] together = fixture.run(VECTOR, 240, 50);
    int width = fixture.width();
    for (int row : new int[] {0, 3, 15, 16, 17, 49}) {
      float[] alone = fixture.run(VECTOR, 240 + row, 1);
      float[] same = Arrays.copyOfRange(together, row * width, (row + 1) * width);
      assertSameBits(Arrays.copyOf(alone, width), same, "row %d", row);
    }
  }

  @Test
  void aKeyThatIsNotFiniteIsRefused() {
    for (Kernels kernels : new Kernels[] {SCALAR, VECTOR}) {
      Fixture fixture = new Fixture(new AttentionShape(1, 1, 32), 10);
      fixture.keys[fixture.table[0]][5] = Float.NaN;
      assertThatThrownBy(() -> fixture.run(kernels, 9, 1)).isInstanceOf(NonFiniteException.class);
    }
  }

  /** Pages in shuffled order; what lies beyond the last position is NaN. */
  private static final class Fixture {
    private final AttentionShape shape;
    private final int[] table;
    private final float[][] keys;
    private final float[][] values;
    private final float[] q;

    Fixture(AttentionShape shape, int positions) {
      this.shape = shape;
      RandomKernelInputs inputs = new RandomKernelInputs(positions);
      int pages = (positions + Numerics.KV_PAGE_TOKENS - 1) / Numerics.KV_PAGE_TOKENS;
      keys = new float[pages][shape.pageFloats()];
      values = new float[pages][shape.pageFloats()];
      table = new int[pages];
      for (int page = 0; page < pages; page++) {
        table[page] = pages - 1 - page;
        Arrays.fill(keys[page], Float.NaN);
        Arrays.fill(values[page], Float.NaN);
      }
      int kvWidth = shape.kvHeads() * shape.headDim();
      for (int position = 0; position < positions; position++) {
        int page = table[position / Numerics.KV_PAGE_TOKENS];
        shape.store(
            keys[page],
            values[page],
            position % Numerics.KV_PAGE_TOKENS,
            inputs.floats(kvWidth, 0.3f),
            0,
            inputs.floats(kvWidth, 1f),
            0);
      }
      q = inputs.floats(positions * (width() + 3), 0.3f);
    }

    int width() {
      return shape.kvHeads() * shape.group() * shape.headDim();
    }

    float[] run(Kernels kernels, int first, int rows) {
      KernelScratch scratch = new KernelScratch(shape);
      float[] out = new float[rows * width()];
      int stride = width() + 3;
      for (int head = 0; head < shape.kvHeads(); head++) {
        kernels.attention(
            new KvView(shape, keys, values),
            table,
            0,
            head,
            q,
            first * stride,
            stride,
            rows,
            first,
            out,
            0,
            width(),
            scratch);
      }
      return out;
    }
  }
}
