package io.carovana.worker.kernels.pack;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.files.WeightType;
import io.carovana.worker.kernels.Panels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Single weights, which embedding lookup takes, are bit for bit gguf-py's dequantization
 * (tools/fixtures/dequantized_blocks.py).
 */
class PanelWeightsTest {
  private static final int ROWS = 2;
  private static final int COLUMNS = 512;

  @ParameterizedTest
  @CsvSource({"Q4_0", "Q8_0", "Q4_K", "Q5_K", "Q6_K"})
  void equalGgufPy(WeightType type) throws IOException {
    byte[] fixture;
    String name = "/kernels/rows-" + type + ".bin";
    try (InputStream in = PanelWeightsTest.class.getResourceAsStream(name)) {
      fixture = Objects.requireNonNull(in, name).readAllBytes();
    }
    int rowBytes = (int) type.rowBytes(COLUMNS);
    Panels panels = PanelPacker.allocate(type, ROWS, COLUMNS, 0);
    new PanelPacker(type).pack(panels, 0, fixture, RowOffsets.consecutive(0, rowBytes));
    ByteBuffer expected =
        ByteBuffer.wrap(fixture).order(ByteOrder.LITTLE_ENDIAN).position(ROWS * rowBytes);
    for (int row = 0; row < ROWS; row++) {
      for (int column = 0; column < COLUMNS; column++) {
        assertThat(Float.floatToRawIntBits(panels.weight(row, column)))
            .as("%s row %d column %d", type, row, column)
            .isEqualTo(expected.getInt());
      }
    }
    assertThat(expected.hasRemaining()).isFalse();
  }
}
