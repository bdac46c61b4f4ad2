package io.carovana.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FrameTest {
  private static UnsafeBuffer sealed(int floats) {
    Frame frame = new Frame().begin(Frame.Kind.COLLECTIVE, 7, 1, 2).operation(9, 3, 1, 42);
    frame.part(0, floats);
    frame.floats().put(0, Trees.values(floats, new Random(1)));
    frame.seal(5, floats * Float.BYTES);
    return new UnsafeBuffer(frame.buffer(), 0, frame.bytes());
  }

  @Test
  void carriesEveryField() {
    UnsafeBuffer bytes = sealed(100);
    Frame read = new Frame();
    assertThat(read.read(bytes, 0, bytes.capacity())).isNull();
    assertThat(read.kind()).isEqualTo(Frame.Kind.COLLECTIVE);
    assertThat(read.epoch()).isEqualTo(7);
    assertThat(read.source()).isEqualTo(1);
    assertThat(read.destination()).isEqualTo(2);
    assertThat(read.step()).isEqualTo(9);
    assertThat(read.operation()).isEqualTo(3);
    assertThat(read.phase()).isEqualTo(1);
    assertThat(read.control()).isEqualTo(42);
    assertThat(read.total()).isEqualTo(100);
    assertThat(read.sequence()).isEqualTo(5);
    float[] payload = new float[100];
    read.floats().get(0, payload);
    assertThat(payload).isEqualTo(Trees.values(100, new Random(1)));
  }

  @Test
  void refusesEveryFlippedBit() {
    UnsafeBuffer bytes = sealed(50);
    Frame read = new Frame();
    for (int bit = 0; bit < bytes.capacity() * 8; bit++) {
      flip(bytes, bit);
      assertThat(read.read(bytes, 0, bytes.capacity())).as("bit %d", bit).isNotNull();
      flip(bytes, bit);
    }
    assertThat(read.read(bytes, 0, bytes.capacity())).isNull();
  }

  private static void flip(UnsafeBuffer bytes, int bit) {
    bytes.putByte(bit / 8, (byte) (bytes.getByte(bit / 8) ^ (1 << (bit % 8))));
  }

  @Test
  void refusesEveryOtherLength() {
    UnsafeBuffer bytes = new UnsafeBuffer(new byte[Frame.MAX_BYTES + 64]);
    UnsafeBuffer frame = sealed(50);
    bytes.putBytes(0, frame, 0, frame.capacity());
    Frame read = new Frame();
    for (int length = 0; length <= bytes.capacity(); length++) {
      Rejection rejection = read.read(bytes, 0, length);
      if (length == frame.capacity()) {
        assertThat(rejection).isNull();
      } else {
        assertThat(rejection).as("%d bytes", length).isEqualTo(Rejection.SIZE);
      }
    }
  }

  @Test
  void refusesRandomBytes() {
    Random random = new Random(11);
    byte[] noise = new byte[4096];
    Frame read = new Frame();
    for (int i = 0; i < 2000; i++) {
      random.nextBytes(noise);
      assertThat(read.read(new UnsafeBuffer(noise), 0, random.nextInt(4097))).isNotNull();
    }
  }
}
