package io.carovana.worker.kernels.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.files.WeightType;
import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.AttentionShape;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.NonFiniteException;
import io.carovana.worker.kernels.Panels;
import io.carovana.worker.kernels.ScalarKernels;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class PanelPackerTest {
  private static final KernelScratch SCRATCH = new KernelScratch(new AttentionShape(1, 1, 2));
  private static final ScalarKernels KERNELS = new ScalarKernels();

  @ParameterizedTest
  @EnumSource(value = WeightType.class, mode = Mode.EXCLUDE, names = "I32")
  void productsAreThoseOfTheReferenceDequantization(WeightType type) {
    StoredRows stored = StoredRows.of(type);
    Panels panels = packAll(type, stored);
    float[] out = multiply(panels, stored.input());
    double largest = Arrays.stream(stored.products()).map(Math::abs).max().orElseThrow();
    for (int row = 0; row < stored.rows(); row++) {
      assertThat((double) out[row])
          .as("%s row %d", type, row)
          .isCloseTo(stored.products()[row], org.assertj.core.data.Offset.offset(1e-6 * largest));
    }
  }

  @ParameterizedTest
  @EnumSource(value = WeightType.class, mode = Mode.EXCLUDE, names = "I32")
  void aPartPacksToTheSameWeightsAsTheWhole(WeightType type) {
    StoredRows stored = StoredRows.of(type);
    Panels whole = packAll(type, stored);
    int firstColumn = 32;
    int columns = stored.columns() - 64;
    Panels part = PanelPacker.allocate(type, stored.rows() - 3, columns, firstColumn);
    int block = type.blockElements();
    int skipBlocks = firstColumn / block;
    int base = 3 * stored.rowBytes() + skipBlocks * type.blockBytes();
    PanelPacker packer = new PanelPacker(type);
    for (int panel = 0; panel < part.count(); panel++) {
      packer.pack(part, panel, stored.raw(), row -> base + row * stored.rowBytes());
    }
    for (int row = 0; row < part.rows(); row++) {
      for (int k = 0; k < columns; k++) {
        assertThat(part.weight(row, k))
            .as("%s %d,%d", type, row, k)
            .isEqualTo(whole.weight(row + 3, k + firstColumn));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = WeightType.class, mode = Mode.EXCLUDE, names = "I32")
  void panelsTakeAboutTheFilesBytes(WeightType type) {
    Panels panels = PanelPacker.allocate(type, 4096, 4096, 0);
    assertThat((double) panels.bytes()).isLessThanOrEqualTo(1.03 * type.rowBytes(4096) * 4096);
  }

  @Test
  void rowsOfInterleavedHeadsBecomeHalfSplit() {
    RowOffsets offsets = RowOffsets.interleaved(12, 10, 6);
    int[] sources = new int[12];
    for (int i = 0; i < 12; i++) {
      sources[i] = offsets.at(12 + i) / 10;
    }
    assertThat(sources).containsExactly(0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11);
  }

  @Test
  void aScaleThatIsNotFiniteIsRefused() {
    byte[] raw = new byte[WeightType.Q4_0.blockBytes()];
    raw[1] = 0x7c;
    Panels panels = PanelPacker.allocate(WeightType.Q4_0, 1, 32, 0);
    assertThatThrownBy(
            () ->
                new PanelPacker(WeightType.Q4_0)
                    .pack(panels, 0, raw, RowOffsets.consecutive(0, raw.length)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("weights");
  }

  private static Panels packAll(WeightType type, StoredRows stored) {
    Panels panels = PanelPacker.allocate(type, stored.rows(), stored.columns(), 0);
    PanelPacker packer = new PanelPacker(type);
    for (int panel = 0; panel < panels.count(); panel++) {
      packer.pack(panels, panel, stored.raw(), RowOffsets.consecutive(0, stored.rowBytes()));
    }
    return panels;
  }

  private static float[] multiply(Panels panels, float[] input) {
    Activations x = new Activations(1, input.length, panels.format().quantized());
    System.arraycopy(input, 0, x.values(), 0, input.length);
    if (panels.format().quantized()) {
      KERNELS.quantize(x, panels.format().block(), 0, 1);
    }
    float[] out = new float[panels.rows()];
    KERNELS.multiply(panels, 0, panels.count(), x, 0, 1, out, 0, panels.rows(), SCRATCH);
    return out;
  }
}
