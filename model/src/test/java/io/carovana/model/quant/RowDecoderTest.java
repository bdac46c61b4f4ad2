package io.carovana.model.quant;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.files.WeightType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bit for bit what gguf-py makes of the same blocks (tools/fixtures/dequantized_blocks.py). */
class RowDecoderTest {
  private static final int ROWS = 2;
  private static final int COLUMNS = 512;

  @ParameterizedTest
  @EnumSource(value = WeightType.class, mode = EnumSource.Mode.EXCLUDE, names = "F32")
  void equalsGgufPy(WeightType type) throws IOException {
    byte[] fixture = fixture(type + ".bin");
    int rowBytes = (int) type.rowBytes(COLUMNS);
    ByteBuffer expected =
        ByteBuffer.wrap(fixture).order(ByteOrder.LITTLE_ENDIAN).position(ROWS * rowBytes);
    RowDecoder decoder = new RowDecoder();
    float[] row = new float[COLUMNS + 3];
    for (int r = 0; r < ROWS; r++) {
      decoder.decode(type, MemorySegment.ofArray(fixture), (long) r * rowBytes, row, 3, COLUMNS);
      for (int k = 0; k < COLUMNS; k++) {
        assertThat(Float.floatToRawIntBits(row[3 + k]))
            .as("%s row %d column %d", type, r, k)
            .isEqualTo(expected.getInt());
      }
    }
    assertThat(expected.hasRemaining()).isFalse();
  }

  private static byte[] fixture(String name) throws IOException {
    try (InputStream in = RowDecoderTest.class.getResourceAsStream(name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    }
  }
}
