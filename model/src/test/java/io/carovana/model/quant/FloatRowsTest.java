package io.carovana.model.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.files.WeightType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bit for bit what gguf-py makes of the same floats (tools/fixtures/dequantized_blocks.py). */
class FloatRowsTest {
  private static final int WEIGHTS = 2 * 512;

  @ParameterizedTest
  @CsvSource({"F16", "BF16"})
  void equalsGgufPy(WeightType type) throws IOException {
    byte[] fixture;
    try (InputStream in = FloatRowsTest.class.getResourceAsStream("rows-" + type + ".bin")) {
      fixture = Objects.requireNonNull(in).readAllBytes();
    }
    ByteBuffer expected =
        ByteBuffer.wrap(fixture).order(ByteOrder.LITTLE_ENDIAN).position(2 * WEIGHTS);
    float[] out = new float[WEIGHTS + 3];
    FloatRows.decode(type, MemorySegment.ofArray(fixture), 0, out, 3, WEIGHTS);
    for (int i = 0; i < WEIGHTS; i++) {
      assertThat(Float.floatToRawIntBits(out[3 + i])).isEqualTo(expected.getInt());
    }
    assertThat(expected.hasRemaining()).isFalse();
  }

  @Test
  void copiesF32AndRefusesBlocks() {
    byte[] stored =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putFloat(1.5f).putFloat(-0f).array();
    float[] out = new float[2];
    FloatRows.decode(WeightType.F32, MemorySegment.ofArray(stored), 0, out, 0, 2);
    assertThat(out).isEqualTo(new float[] {1.5f, -0f});
    assertThatThrownBy(
            () -> FloatRows.decode(WeightType.Q4_0, MemorySegment.ofArray(stored), 0, out, 0, 2))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
