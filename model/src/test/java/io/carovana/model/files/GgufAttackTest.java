package io.carovana.model.files;

import static io.carovana.model.testing.GgufWriter.ints;
import static io.carovana.model.testing.GgufWriter.longs;
import static io.carovana.model.testing.GgufWriter.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.testing.GgufWriter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Hostile GGUF headers: every one is a typed refusal that names key or tensor, before anything of
 * the stated size is allocated (CVE-2024-21802, -21825, -21836, -23496, -23605, CVE-2025-52566,
 * -53630, CVE-2026-27940, -7482 are of these kinds). The test JVM's heap is far smaller than most
 * of the sizes stated here.
 */
class GgufAttackTest {
  private static final Path FILE = Path.of("hostile.gguf");
  private static final int F32 = WeightType.F32.ggmlId();
  private static final int Q4_0 = WeightType.Q4_0.ggmlId();

  private static void refuses(byte[] file, String subject, String... words) {
    assertThatThrownBy(() -> GgufHeader.parse(ByteSource.of(file), FILE))
        .isInstanceOf(ModelException.class)
        .satisfies(e -> assertThat(((ModelException) e).subject()).isEqualTo(subject))
        .satisfies(
            e -> {
              for (String word : words) {
                assertThat(e).hasMessageContaining(word);
              }
            });
  }

  private static GgufWriter writer() {
    return new GgufWriter().string("general.architecture", "llama");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 1L << 61, 100_000})
  void refusesMorePairsThanBytes(long count) {
    refuses(writer().pairCount(count).toBytes(), "metadata_kv_count");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 1L << 59, 100_000})
  void refusesMoreTensorsThanBytes(long count) {
    refuses(writer().tensorCount(count).toBytes(), "tensor_count");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, -8, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 31, 1L << 20})
  @DisplayName("string lengths, also length + 1 = 0")
  void refusesStringsLongerThanTheFile(long length) {
    refuses(writer().pair("general.name", 8, longs(length)).toBytes(), "general.name");
  }

  @Test
  void refusesKeysLongerThanTheFile() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(ints(3));
    out.writeBytes(longs(0));
    out.writeBytes(longs(1));
    out.writeBytes(longs(-1));
    out.writeBytes(new byte[32]);
    refuses(out.toByteArray(), "key 0");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 61, 1L << 62, 1L << 31})
  @DisplayName("array counts, also such that count * 8 wraps to a small number")
  void refusesArraysLongerThanTheFile(long count) {
    for (int type : new int[] {0, 4, 6, 8, 10, 12}) {
      byte[] array = concat(ints(type), longs(count));
      refuses(writer().pair("tokenizer.ggml.tokens", 9, array).toBytes(), "tokenizer.ggml.tokens");
    }
  }

  @Test
  void refusesAStringInAnArrayThatLeavesTheFile() {
    byte[] array = concat(ints(8), longs(2), text("a"), longs(Long.MAX_VALUE - 7));
    refuses(writer().pair("k", 9, array).toBytes(), "k", "remain");
  }

  @Test
  void refusesArraysOfArrays() {
    byte[] array = concat(ints(9), longs(1), ints(9), longs(1), ints(9), longs(1));
    refuses(writer().pair("deep", 9, array).toBytes(), "deep", "array of arrays");
  }

  @ParameterizedTest
  @ValueSource(ints = {13, -1, Integer.MAX_VALUE})
  void refusesUnknownValueTypes(int type) {
    refuses(writer().pair("k", type, new byte[8]).toBytes(), "k", "unknown value type");
    refuses(
        writer().pair("k", 9, concat(ints(type), longs(0))).toBytes(), "k", "unknown value type");
  }

  @Test
  void refusesDuplicateKeys() {
    refuses(writer().u32("k", 1).u32("k", 1).toBytes(), "k", "twice");
  }

  @Test
  void refusesBooleansThatAreNeither() {
    refuses(writer().pair("k", 7, new byte[] {2}).toBytes(), "k", "boolean");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 5, Integer.MAX_VALUE})
  void refusesDimensionCounts(int count) {
    byte[] head = trimPadding(writer().tensorCount(1));
    refuses(concat(head, text("t"), ints(count), new byte[64]), "t", "dimensions");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE})
  void refusesDimensionsThatAreNotPositive(long size) {
    refuses(writer().tensorEntry("t", F32, 0, 32, size).toBytes(), "t", "dimension");
  }

  @Test
  void refusesElementCountsThatWrap() {
    refuses(writer().tensorEntry("t", F32, 0, 1L << 32, 1L << 32).toBytes(), "t", "overflow");
    refuses(writer().tensorEntry("t", F32, 0, 4, 1L << 62).toBytes(), "t", "overflow");
    refuses(writer().tensorEntry("t", F32, 0, 1L << 62, 1).toBytes(), "t", "overflow");
    refuses(
        writer().tensorEntry("t", F32, 0, 1L << 21, 1L << 21, 1L << 21, 1L << 21).toBytes(),
        "t",
        "overflow");
  }

  @Test
  void refusesByteCountsThatWrapInBlocks() {
    refuses(writer().tensorEntry("t", Q4_0, 0, 1L << 60, 16).toBytes(), "t", "overflow");
  }

  @Test
  void refusesRowsThatCutABlock() {
    refuses(writer().tensorEntry("t", Q4_0, 0, 33, 2).toBytes(), "t", "33", "Q4_0");
  }

  @Test
  void refusesTensorsBeyondTheFile() {
    refuses(writer().tensorEntry("t", F32, 0, 1 << 20, 1 << 20).toBytes(), "t", "has only");
  }

  @ParameterizedTest
  @ValueSource(longs = {-32, 32, 1, Long.MAX_VALUE, Long.MIN_VALUE})
  @DisplayName("offsets that leave a gap, overlap, or wrap")
  void refusesOffsetsOutOfPlace(long offset) {
    byte[] file =
        writer().tensor("a", F32, new byte[128], 32).tensorEntry("b", F32, offset, 32).toBytes();
    refuses(file, "b", "begins at");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 7, 33, -32, Integer.MIN_VALUE, 1 << 30})
  void refusesAlignments(int alignment) {
    refuses(writer().u32("general.alignment", alignment).toBytes(), "general.alignment");
  }

  @Test
  void refusesDuplicateTensors() {
    byte[] file =
        writer().tensor("a", F32, new byte[128], 32).tensor("a", F32, new byte[128], 32).toBytes();
    refuses(file, "a", "twice");
  }

  @Test
  void refusesOtherTypesByName() {
    refuses(writer().tensorEntry("t", 10, 0, 256).toBytes(), "t", "Q2_K");
    refuses(writer().tensorEntry("t", 16, 0, 256).toBytes(), "t", "IQ2_XXS");
    refuses(writer().tensorEntry("t", 999, 0, 256).toBytes(), "t", "number 999");
    refuses(writer().tensorEntry("t", -1, 0, 256).toBytes(), "t", "number 4294967295");
  }

  @Test
  void refusesOtherVersionsAndByteOrders() {
    refuses(writer().version(1).toBytes(), "version", "version 1");
    refuses(writer().version(4).toBytes(), "version", "version 4");
    refuses(writer().version(Integer.reverseBytes(3)).toBytes(), "version", "big-endian");
  }

  @Test
  void refusesNamesThatAreNotUtf8() {
    byte[] head = trimPadding(writer().tensorCount(1));
    refuses(concat(head, longs(2), new byte[] {(byte) 0xC3, 0x28}, new byte[64]), "tensor 0");
  }

  @Test
  void everyTruncationIsTyped() {
    byte[] whole =
        writer().strings("s", "a", "b").u64("n", 5).tensor("t", F32, new byte[256], 64).toBytes();
    GgufHeader.parse(ByteSource.of(whole), FILE);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> GgufHeader.parse(ByteSource.of(cut), FILE))
          .as("cut to %d bytes", length)
          .isInstanceOf(ModelException.class);
    }
  }

  @Test
  void aTruncatedTensorIsAnUnfinishedDownload() {
    byte[] whole = writer().tensor("t", F32, new byte[256], 64).toBytes();
    byte[] cut = Arrays.copyOf(whole, whole.length - 1);
    assertThatThrownBy(() -> GgufHeader.parse(ByteSource.of(cut), FILE))
        .isInstanceOf(ModelException.Incomplete.class)
        .hasMessageContaining("download");
  }

  /** The header so far, without the padding before the data. */
  private static byte[] trimPadding(GgufWriter writer) {
    byte[] file = writer.toBytes();
    ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(24);
    int keyLength = (int) buffer.getLong();
    buffer.position(buffer.position() + keyLength + 4);
    int valueLength = (int) buffer.getLong();
    return Arrays.copyOf(file, buffer.position() + valueLength);
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
