package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.carovana.model.testing.SafetensorsWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hostile safetensors headers: every one is a typed refusal that names the tensor. */
class SafetensorsAttackTest {
  private static final Path FILE = Path.of("hostile.safetensors");

  private static void refuses(byte[] file, String subject, String... words) {
    assertThatThrownBy(() -> SafetensorsHeader.parse(ByteSource.of(file), FILE))
        .isInstanceOf(ModelException.class)
        .satisfies(e -> assertThat(((ModelException) e).subject()).isEqualTo(subject))
        .satisfies(
            e -> {
              for (String word : words) {
                assertThat(e).hasMessageContaining(word);
              }
            });
  }

  private static void refusesEntry(String entry, int dataBytes, String... words) {
    refuses(new SafetensorsWriter().entry(entry).data(new byte[dataBytes]).toBytes(), "t", words);
  }

  private static void refusesHeader(String json, String... words) {
    byte[] header = json.getBytes(StandardCharsets.UTF_8);
    refuses(SafetensorsWriter.file(header.length, header, new byte[4]), "header", words);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 3})
  void refusesHeaderLengthsBeyondTheFile(long length) {
    refuses(SafetensorsWriter.file(length, new byte[] {'{', '}'}, new byte[0]), "header length");
  }

  @Test
  void refusesFilesTooShortForALength() {
    refuses(new byte[7], "header length");
    refuses(new byte[0], "header length");
  }

  @Test
  void refusesWhatIsNotAnObject() {
    refusesHeader("[]", "START_ARRAY");
    refusesHeader("12", "VALUE_NUMBER_INT");
    refusesHeader("\0\0\0\0", "JSON");
    refusesHeader("{} {}", "goes on");
    refusesHeader("{\"__metadata__\":" + "[".repeat(100) + "]".repeat(100) + "}", "depth");
  }

  @Test
  void refusesDuplicateKeys() {
    String entry = "\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
    refusesHeader("{" + entry + "," + entry + "}", "uplicate");
    refusesHeader(
        "{\"t\":{\"dtype\":\"F32\",\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "uplicate");
  }

  @Test
  void refusesSizesOutOfRange() {
    refusesEntry("\"t\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}", 4, "negative");
    refusesEntry("\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}", 4, "negative");
    refusesEntry("\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}", 4, "[begin");
    refusesEntry("\"t\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}", 4, "FLOAT");
    refusesHeader(
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}",
        "range");
  }

  @Test
  void refusesShapesThatWrap() {
    refusesEntry(
        "\"t\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}",
        0,
        "overflow");
    refusesEntry(
        "\"t\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}",
        0,
        "overflow");
  }

  @Test
  void refusesShapesThatAreNotTheBytes() {
    refusesEntry(
        "\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}", 4, "shape of 8 bytes");
  }

  @Test
  void refusesTensorsBeyondTheFileAsUnfinished() {
    byte[] whole = new SafetensorsWriter().tensor("t", "F32", new byte[8], 2).toBytes();
    byte[] cut = Arrays.copyOf(whole, whole.length - 1);
    assertThatThrownBy(() -> SafetensorsHeader.parse(ByteSource.of(cut), FILE))
        .isInstanceOf(ModelException.Incomplete.class)
        .hasMessageContainingAll("t", "download");
  }

  @Test
  void refusesOverlapsAndGaps() {
    String a = "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";
    String overlapping = "\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}";
    String gapped = "\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]}";
    refuses(
        new SafetensorsWriter().entry(a).entry(overlapping).data(new byte[12]).toBytes(),
        "t",
        "end at 8");
    refuses(
        new SafetensorsWriter().entry(a).entry(gapped).data(new byte[16]).toBytes(),
        "t",
        "end at 8");
  }

  @Test
  void refusesBytesThatNoTensorDescribes() {
    byte[] file =
        new SafetensorsWriter().tensor("t", "F32", new byte[8], 2).data(new byte[1]).toBytes();
    refuses(file, "header", "8 bytes", "has 9");
  }

  @Test
  void refusesUnknownTypesAndFields() {
    refusesEntry("\"t\":{\"dtype\":\"F4\",\"shape\":[1],\"data_offsets\":[0,4]}", 4, "F4");
    refusesEntry("\"t\":{\"dtype\":\"F32\",\"size\":4}", 4, "size");
    refusesEntry("\"t\":{\"dtype\":\"F32\",\"shape\":[1]}", 4, "lacks");
    refusesEntry("\"t\":[]", 4, "START_ARRAY");
    refusesEntry("\"t\":{\"dtype\":7}", 4, "VALUE_NUMBER_INT");
    refusesEntry(
        "\"t\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}",
        4,
        "more than 8");
  }

  @Test
  void readsMetadataAndTensorsOfNoUse() {
    byte[] file =
        new SafetensorsWriter()
            .entry("\"__metadata__\":{\"format\":\"pt\"}")
            .tensor("empty", "F32", new byte[0], 0)
            .tensor("ids", "I64", new byte[16], 1, 2)
            .tensor("scalar", "F16", new byte[2])
            .toBytes();
    assertThat(SafetensorsHeader.parse(ByteSource.of(file), FILE))
        .extracting(StoredTensor::name, StoredTensor::type)
        .containsExactly(
            tuple("empty", WeightType.F32), tuple("ids", null), tuple("scalar", WeightType.F16));
  }

  @Test
  void everyTruncationIsTyped() {
    byte[] whole =
        new SafetensorsWriter()
            .tensor("a", "F32", new byte[8], 2)
            .tensor("b", "BF16", new byte[4], 1, 2)
            .toBytes();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> SafetensorsHeader.parse(ByteSource.of(cut), FILE))
          .as("cut to %d bytes", length)
          .isInstanceOf(ModelException.class);
    }
  }
}
