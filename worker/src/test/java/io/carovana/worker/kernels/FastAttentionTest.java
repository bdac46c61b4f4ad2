package io.carovana.worker.kernels;

import static io.carovana.worker.kernels.FastProductsTest.assertSameBits;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.Numerics;
import io.carovana.model.quant.KvProfile;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Attention has the specification's bits, by whatever kernels this JVM can run. */
@Tag("widths")
class FastAttentionTest {
  private static final Kernels SCALAR = new ScalarKernels();

  @ParameterizedTest
  @CsvSource({
    // kvHeads, group, headDim, first position, rows
    "1, 1, 128, 0, 1",
    "2, 1, 20, 0, 5",
    "2, 2, 48, 30, 4",
    "1, 3, 36, 254, 5",
    "1, 5, 64, 300, 1",
    "1, 1, 8, 250, 18",
    "2, 4, 16, 767, 2",
    "1, 8, 128, 500, 3",
    "1, 8, 128, 511, 1",
    "1, 4, 80, 223, 35",
    "2, 1, 64, 1023, 2",
    "1, 1, 18, 31, 3",
    "1, 2, 6, 0, 40",
    "2, 2, 32, 250, 40",
    "1, 7, 112, 290, 5",
    "1, 2, 70, 61, 9"
  })
  void attentionHasTheScalarBits(int kvHeads, int group, int headDim, int first, int rows) {
    AttentionShape shape = new AttentionShape(kvHeads, group, headDim);
    for (KvProfile profile : KvProfile.values()) {
      Fixture fixture = new Fixture(profile, shape, first + rows);
      float[] expected = fixture.run(SCALAR, first, rows);
      for (Kernels kernels : KernelsHere.fast()) {
        float[] actual = fixture.run(kernels, first, rows);
        assertSameBits(actual, expected, "attention in %s by %s", profile, kernels.name());
      }
    }
  }

  /** How a prompt is cut into chunks does not show (rule 7). */
  @ParameterizedTest
  @EnumSource(KvProfile.class)
  void rowsAloneHaveTheBitsOfRowsTogether(KvProfile profile) {
    Fixture fixture = new Fixture(profile, new AttentionShape(1, 2, 32), 290);
    int width = fixture.width();
    for (Kernels kernels : KernelsHere.fast()) {
      float[] together = fixture.run(kernels, 240, 50);
      for (int row : new int[] {0, 3, 15, 16, 17, 49}) {
        float[] alone = fixture.run(kernels, 240 + row, 1);
        float[] same = Arrays.copyOfRange(together, row * width, (row + 1) * width);
        assertSameBits(Arrays.copyOf(alone, width), same, "row %d by %s", row, kernels.name());
      }
    }
  }

  @Test
  void aKeyThatIsNotFiniteIsRefused() {
    for (Kernels kernels : KernelsHere.all()) {
      Fixture fixture = new Fixture(KvProfile.F32, new AttentionShape(1, 1, 32), 10);
      F32Pages pages = (F32Pages) fixture.kv;
      pages.keys()[0][pages.keyIndex(fixture.table[0]) + 5] = Float.NaN;
      assertThatThrownBy(() -> fixture.run(kernels, 9, 1)).isInstanceOf(NonFiniteException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(KvProfile.class)
  void aQueryThatIsNotFiniteIsRefused(KvProfile profile) {
    for (Kernels kernels : KernelsHere.all()) {
      Fixture fixture = new Fixture(profile, new AttentionShape(1, 1, 32), 10);
      fixture.q[8 * fixture.stride() + 5] = Float.NaN;
      assertThatThrownBy(() -> fixture.run(kernels, 7, 3)).isInstanceOf(NonFiniteException.class);
    }
  }

  /** Scores that overflow, though every key and the query are finite. */
  @Test
  void scoresThatOverflowAreRefused() {
    for (Kernels kernels : KernelsHere.all()) {
      Fixture fixture = new Fixture(KvProfile.Q8, new AttentionShape(1, 1, 32), 300);
      QuantizedPages pages = (QuantizedPages) fixture.kv;
      pages.keyScales()[0][pages.scaleIndex(fixture.table[8]) + 3] = Float.MAX_VALUE;
      assertThatThrownBy(() -> fixture.run(kernels, 299, 1)).isInstanceOf(NonFiniteException.class);
    }
  }

  /** Pages in shuffled order; what lies beyond the last position is NaN or noise. */
  private static final class Fixture {
    private static final short BF16_NAN = 0x7fc0;

    private final KvView kv;
    private final int[] table;
    private final float[] q;

    Fixture(KvProfile profile, AttentionShape shape, int positions) {
      RandomKernelInputs inputs = new RandomKernelInputs(positions);
      int pages = (positions + Numerics.KV_PAGE_TOKENS - 1) / Numerics.KV_PAGE_TOKENS;
      kv = KvView.allocate(profile, shape, pages);
      table = new int[pages];
      for (int page = 0; page < pages; page++) {
        table[page] = pages - 1 - page;
      }
      spoil();
      int kvWidth = shape.kvHeads() * shape.headDim();
      for (int position = 0; position < positions; position++) {
        float[] keys = inputs.floats(kvWidth, 0.3f);
        float[] values = inputs.floats(kvWidth, 1f);
        int page = table[position / Numerics.KV_PAGE_TOKENS];
        kv.store(page, position % Numerics.KV_PAGE_TOKENS, keys, 0, values, 0);
      }
      q = inputs.floats(positions * stride(), 0.3f);
    }

    private void spoil() {
      switch (kv) {
        case F32Pages pages -> {
          fill(pages.keys());
          fill(pages.values());
        }
        case Bf16Pages pages -> {
          for (int head = 0; head < pages.shape().kvHeads(); head++) {
            Arrays.fill(pages.keys()[head], BF16_NAN);
            Arrays.fill(pages.values()[head], BF16_NAN);
          }
        }
        case QuantizedPages pages -> {
          fill(pages.keyScales());
          fill(pages.valueScales());
          for (int head = 0; head < pages.shape().kvHeads(); head++) {
            Arrays.fill(pages.keys()[head], (byte) -99);
            Arrays.fill(pages.values()[head], (byte) 101);
          }
        }
      }
    }

    private static void fill(float[][] pages) {
      for (float[] page : pages) {
        Arrays.fill(page, Float.NaN);
      }
    }

    int stride() {
      return width() + 3;
    }

    int width() {
      return kv.shape().kvHeads() * kv.shape().group() * kv.shape().headDim();
    }

    float[] run(Kernels kernels, int first, int rows) {
      KernelScratch scratch = new KernelScratch(kv.shape());
      float[] out = new float[rows * width()];
      for (int head = 0; head < kv.shape().kvHeads(); head++) {
        kernels.attention(
            kv,
            table,
            0,
            head,
            q,
            first * stride(),
            stride(),
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
