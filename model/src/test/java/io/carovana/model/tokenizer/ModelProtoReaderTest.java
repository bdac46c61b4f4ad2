package io.carovana.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.CodedOutputStream;
import io.carovana.model.tokenizer.TokenizerException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tokenizer files that are not what they should be are refused, each for its own reason. */
class ModelProtoReaderTest {
  private static final int UNKNOWN_FIELD = 77;

  @Test
  void readsTheSmallestModel() {
    Tokenizer tokenizer = Tokenizer.fromModelProto(smallest());
    assertThat(tokenizer.vocabSize()).isEqualTo(5);
    assertThat(tokenizer.encode("a b")).containsExactly(4, 0);
    assertThat(tokenizer.decode(new int[] {4, 0})).isEqualTo("a \u2047 ");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refuses(String name, byte[] model, Kind kind, String subject, String reason) {
    TokenizerException refused =
        catchThrowableOfType(TokenizerException.class, () -> Tokenizer.fromModelProto(model));
    assertThat(refused).as(name).isNotNull();
    assertThat(refused.kind()).isEqualTo(kind);
    assertThat(refused.subject()).isEqualTo(subject);
    assertThat(refused.reason()).contains(reason);
  }

  static Stream<Arguments> refused() {
    byte[] charsmap = {1, 2, 3};
    return Stream.of(
        malformed("nothing", new byte[0], "pieces", "there are none"),
        malformed(
            "text",
            "version https://git-lfs".getBytes(StandardCharsets.UTF_8),
            "tokenizer",
            "SentencePiece"),
        unsupported("unigram", trainer(3, 1), "model_type", "unigram"),
        unsupported("word", trainer(3, 3), "model_type", "word"),
        unsupported("a type of the future", trainer(3, 9), "model_type", "9"),
        unsupported("spaces as suffix", trainer(24, 1), "treat_whitespace_as_suffix", "true"),
        malformed("byte fallback without bytes", trainer(35, 1), "byte_fallback", "true"),
        unsupported("no dummy prefix", normalizer(3, 0), "add_dummy_prefix", "false"),
        unsupported("spaces removed", normalizer(4, 1), "remove_extra_whitespaces", "true"),
        unsupported("spaces unescaped", normalizer(5, 0), "escape_whitespaces", "false"),
        unsupported(
            "a normalization",
            with(out -> out.writeByteArray(3, Protos.message(n -> n.writeByteArray(2, charsmap)))),
            "precompiled_charsmap",
            "identity"),
        malformed("an empty piece", piece("", 0, PieceType.NORMAL), "piece 5", "empty"),
        malformed("a piece twice", piece("a", 0, PieceType.NORMAL), "piece 5", "already piece 3"),
        malformed("a long piece", piece("a".repeat(257), 0, PieceType.NORMAL), "piece 5", "257"),
        malformed("no number", piece("b", Float.NaN, PieceType.NORMAL), "piece 5", "NaN"),
        malformed(
            "infinity",
            piece("b", Float.NEGATIVE_INFINITY, PieceType.NORMAL),
            "piece 5",
            "Infinity"),
        malformed("two unknowns", piece("b", 0, PieceType.UNKNOWN), "pieces", "unknown piece"),
        malformed("one byte", piece("<0x41>", 0, PieceType.BYTE), "pieces", "1 byte pieces"),
        malformed("no byte", piece("<0xGG>", 0, PieceType.BYTE), "piece 5", "<0xGG>"),
        malformed("small letters", piece("<0xff>", 0, PieceType.BYTE), "piece 5", "<0xff>"),
        malformed(
            "a type that does not exist",
            with(out -> out.writeByteArray(1, Protos.message(p -> p.writeInt32(3, 7)))),
            "piece 5",
            "type 7"),
        malformed(
            "a piece that is not UTF-8",
            with(
                out ->
                    out.writeByteArray(
                        1, Protos.message(p -> p.writeByteArray(1, new byte[] {(byte) 0xC3})))),
            "piece 5",
            "UTF-8"),
        malformed(
            "a piece of the wrong wire type",
            with(out -> out.writeInt32(1, 5)),
            "pieces",
            "wire type"),
        malformed(
            "a score of the wrong wire type",
            with(out -> out.writeByteArray(1, Protos.message(p -> p.writeInt32(2, 5)))),
            "piece 5 score",
            "wire type"),
        malformed("a group", with(out -> out.writeTag(UNKNOWN_FIELD, 3)), "field 77", "is a group"),
        malformed("bos that is text", bos("a"), "bos", "control"),
        malformed("bos that is missing", bos("<bos>"), "bos", "control"));
  }

  @Test
  void passesOverFieldsItDoesNotKnow() {
    byte[] model =
        with(
            out -> {
              out.writeInt64(UNKNOWN_FIELD, Long.MAX_VALUE);
              out.writeFixed32(UNKNOWN_FIELD, 5);
              out.writeFixed64(UNKNOWN_FIELD, 5);
              out.writeByteArray(UNKNOWN_FIELD, new byte[1000]);
            });
    assertThat(Tokenizer.fromModelProto(model).vocabSize()).isEqualTo(5);
  }

  @Test
  void refusesLengthsBeyondTheBytesThatRemain() {
    for (int claimed : new int[] {1, 1000, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
      for (int field : new int[] {1, 2, 3, 4, UNKNOWN_FIELD}) {
        byte[] model =
            with(
                out -> {
                  out.writeTag(field, 2);
                  out.writeUInt32NoTag(claimed);
                });
        TokenizerException refused =
            catchThrowableOfType(TokenizerException.class, () -> Tokenizer.fromModelProto(model));
        assertThat(refused).as("field %d, length %d", field, claimed).isNotNull();
        assertThat(refused.kind()).isEqualTo(Kind.MALFORMED);
      }
    }
  }

  @Test
  void refusesOrReadsEveryTruncation() {
    byte[] model = smallest();
    for (int length = 0; length < model.length; length++) {
      byte[] cut = Arrays.copyOf(model, length);
      assertThatCode(() -> readOrRefuse(cut)).as("length %d", length).doesNotThrowAnyException();
    }
  }

  @Test
  void refusesOrReadsRandomDamage() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] sound = smallest();
    for (int round = 0; round < 5_000; round++) {
      byte[] damaged = sound.clone();
      for (int left = 1 + random.nextInt(4); left > 0; left--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      assertThatCode(() -> readOrRefuse(damaged)).as("seed %d", seed).doesNotThrowAnyException();
    }
  }

  private static void readOrRefuse(byte[] model) {
    try {
      Tokenizer.fromModelProto(model).encode("a b <0x41>");
    } catch (TokenizerException refused) {
      assertThat(refused.reason()).isNotBlank();
    }
  }

  private static Arguments malformed(String name, byte[] model, String subject, String reason) {
    return Arguments.of(name, model, Kind.MALFORMED, subject, reason);
  }

  private static Arguments unsupported(String name, byte[] model, String subject, String reason) {
    return Arguments.of(name, model, Kind.UNSUPPORTED, subject, reason);
  }

  private static byte[] smallest() {
    return Protos.message(ModelProtoReaderTest::writeSmallest);
  }

  private static void writeSmallest(CodedOutputStream out) throws IOException {
    out.writeByteArray(1, Protos.piece("<unk>", 0, PieceType.UNKNOWN));
    out.writeByteArray(1, Protos.piece("<s>", 0, PieceType.CONTROL));
    out.writeByteArray(1, Protos.piece("</s>", 0, PieceType.CONTROL));
    out.writeByteArray(1, Protos.piece("a", 0, PieceType.NORMAL));
    out.writeByteArray(1, Protos.piece("▁a", 0, PieceType.NORMAL));
    out.writeByteArray(2, Protos.message(trainer -> trainer.writeEnum(3, 2)));
    out.writeByteArray(3, Protos.message(normalizer -> normalizer.writeBool(4, false)));
  }

  private static byte[] with(Protos.Body more) {
    return Protos.message(
        out -> {
          writeSmallest(out);
          more.write(out);
        });
  }

  private static byte[] piece(String text, float score, PieceType type) {
    return with(out -> out.writeByteArray(1, Protos.piece(text, score, type)));
  }

  private static byte[] trainer(int field, int value) {
    return with(out -> out.writeByteArray(2, Protos.message(t -> t.writeInt32(field, value))));
  }

  private static byte[] normalizer(int field, int value) {
    return with(out -> out.writeByteArray(3, Protos.message(n -> n.writeInt32(field, value))));
  }

  private static byte[] bos(String piece) {
    return with(out -> out.writeByteArray(2, Protos.message(t -> t.writeString(46, piece))));
  }
}
