package io.carovana.model.tokenizer;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a SentencePiece {@code ModelProto} from bytes that nobody vouches for. Each length is
 * checked against the bytes that remain before anything of that length is made (the stream reads
 * from an array and does so itself); numbers of pieces and their lengths are limited by {@link
 * Vocabulary}. What would change the ids without being implemented is refused by name: other model
 * types, a normalization other than identity, spaces removed, unescaped or written as suffixes.
 */
final class ModelProtoReader {
  /** A {@code tokenizer.model} of Llama has half a megabyte. */
  static final int MAX_BYTES = 64 << 20;

  private final List<String> pieces = new ArrayList<>();
  private final List<Float> scores = new ArrayList<>();
  private final List<PieceType> types = new ArrayList<>();

  private int modelType = ModelProtoFields.UNIGRAM;
  private boolean byteFallback;
  private boolean spaceAsSuffix;
  private String unkSurface = Vocabulary.DEFAULT_UNKNOWN_SURFACE;
  private String bosPiece = "<s>";
  private String eosPiece = "</s>";

  private boolean charsmap;
  private boolean dummyPrefix = true;
  private boolean removeSpaces = true;
  private boolean escapeSpaces = true;

  private ModelProtoReader() {}

  /**
   * @throws TokenizerException naming the field that is wrong or not supported
   */
  static Vocabulary read(byte[] bytes) {
    if (bytes.length > MAX_BYTES) {
      throw TokenizerException.malformed(
          "tokenizer", bytes.length + " bytes are more than the " + MAX_BYTES + " supported");
    }
    ModelProtoReader reader = new ModelProtoReader();
    try {
      reader.readModel(CodedInputStream.newInstance(bytes));
    } catch (IOException e) {
      throw TokenizerException.malformed("tokenizer", "is no SentencePiece model: " + reason(e));
    }
    return reader.vocabulary();
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  private void readModel(CodedInputStream in) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case ModelProtoFields.PIECES -> inMessage(in, tag, "pieces", this::readPiece);
        case ModelProtoFields.TRAINER_SPEC ->
            inMessage(in, tag, "trainer_spec", this::readTrainerSpec);
        case ModelProtoFields.NORMALIZER_SPEC ->
            inMessage(in, tag, "normalizer_spec", this::readNormalizerSpec);
        default -> skip(in, tag);
      }
    }
  }

  private void readPiece(CodedInputStream in) throws IOException {
    int index = pieces.size();
    String subject = "piece " + index;
    if (index == Vocabulary.MAX_PIECES) {
      throw TokenizerException.malformed(
          subject, "more than the " + Vocabulary.MAX_PIECES + " pieces supported");
    }
    String text = "";
    float score = 0;
    PieceType type = PieceType.NORMAL;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case ModelProtoFields.PIECE_TEXT -> text = text(in, tag, subject);
        case ModelProtoFields.PIECE_SCORE -> {
          expect(tag, WireFormat.WIRETYPE_FIXED32, subject + " score");
          score = in.readFloat();
        }
        case ModelProtoFields.PIECE_TYPE ->
            type = PieceType.of(number(in, tag, subject + " type"), subject);
        default -> skip(in, tag);
      }
    }
    pieces.add(text);
    scores.add(score);
    types.add(type);
  }

  private void readTrainerSpec(CodedInputStream in) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case ModelProtoFields.TRAINER_MODEL_TYPE -> modelType = number(in, tag, "model_type");
        case ModelProtoFields.TRAINER_BYTE_FALLBACK ->
            byteFallback = number(in, tag, "byte_fallback") != 0;
        case ModelProtoFields.TRAINER_SPACE_AS_SUFFIX ->
            spaceAsSuffix = number(in, tag, "treat_whitespace_as_suffix") != 0;
        case ModelProtoFields.TRAINER_UNK_SURFACE -> unkSurface = text(in, tag, "unk_surface");
        case ModelProtoFields.TRAINER_BOS_PIECE -> bosPiece = text(in, tag, "bos_piece");
        case ModelProtoFields.TRAINER_EOS_PIECE -> eosPiece = text(in, tag, "eos_piece");
        default -> skip(in, tag);
      }
    }
  }

  private void readNormalizerSpec(CodedInputStream in) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case ModelProtoFields.NORMALIZER_CHARSMAP -> {
          expect(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED, "precompiled_charsmap");
          int length = in.readRawVarint32();
          in.skipRawBytes(length);
          charsmap = length > 0;
        }
        case ModelProtoFields.NORMALIZER_DUMMY_PREFIX ->
            dummyPrefix = number(in, tag, "add_dummy_prefix") != 0;
        case ModelProtoFields.NORMALIZER_REMOVE_SPACES ->
            removeSpaces = number(in, tag, "remove_extra_whitespaces") != 0;
        case ModelProtoFields.NORMALIZER_ESCAPE_SPACES ->
            escapeSpaces = number(in, tag, "escape_whitespaces") != 0;
        default -> skip(in, tag);
      }
    }
  }

  private Vocabulary vocabulary() {
    if (pieces.isEmpty()) {
      throw TokenizerException.malformed("pieces", "there are none");
    }
    refuseUnsupported();
    int size = pieces.size();
    float[] scoreArray = new float[size];
    for (int id = 0; id < size; id++) {
      scoreArray[id] = scores.get(id);
    }
    Vocabulary vocabulary =
        new Vocabulary(
            pieces.toArray(String[]::new),
            scoreArray,
            types.toArray(PieceType[]::new),
            pieces.indexOf(bosPiece),
            pieces.indexOf(eosPiece),
            unkSurface);
    if (vocabulary.byteFallback() != byteFallback) {
      throw TokenizerException.malformed(
          "byte_fallback", "is " + byteFallback + ", against the byte pieces in the vocabulary");
    }
    return vocabulary;
  }

  private void refuseUnsupported() {
    if (modelType != ModelProtoFields.BPE) {
      boolean known = modelType >= 1 && modelType <= ModelProtoFields.MODEL_TYPES.length;
      throw TokenizerException.unsupported(
          "model_type",
          (known ? ModelProtoFields.MODEL_TYPES[modelType - 1] : "" + modelType)
              + " is not supported, only bpe");
    }
    refuse(charsmap, "precompiled_charsmap", "normalization other than identity");
    refuse(!dummyPrefix, "add_dummy_prefix", "false");
    refuse(removeSpaces, "remove_extra_whitespaces", "true");
    refuse(!escapeSpaces, "escape_whitespaces", "false");
    refuse(spaceAsSuffix, "treat_whitespace_as_suffix", "true");
  }

  private static void refuse(boolean present, String field, String what) {
    if (present) {
      throw TokenizerException.unsupported(field, what + " is not supported");
    }
  }

  private interface Body {
    void read(CodedInputStream in) throws IOException;
  }

  private static void inMessage(CodedInputStream in, int tag, String field, Body body)
      throws IOException {
    expect(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED, field);
    int outer = in.pushLimit(in.readRawVarint32());
    body.read(in);
    in.popLimit(outer);
  }

  private static int number(CodedInputStream in, int tag, String field) throws IOException {
    expect(tag, WireFormat.WIRETYPE_VARINT, field);
    return in.readRawVarint32();
  }

  private static String text(CodedInputStream in, int tag, String field) throws IOException {
    expect(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED, field);
    byte[] bytes = in.readByteArray();
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw TokenizerException.malformed(field, "is not UTF-8");
    }
  }

  private static void expect(int tag, int wireType, String field) {
    if (WireFormat.getTagWireType(tag) != wireType) {
      throw TokenizerException.malformed(
          field, "has the wire type " + WireFormat.getTagWireType(tag) + ", not " + wireType);
    }
  }

  /** Passes over a field of no interest; groups, which nest without limit, do not occur. */
  private static void skip(CodedInputStream in, int tag) throws IOException {
    int wireType = WireFormat.getTagWireType(tag);
    if (wireType == WireFormat.WIRETYPE_START_GROUP || wireType == WireFormat.WIRETYPE_END_GROUP) {
      throw TokenizerException.malformed(
          "field " + WireFormat.getTagFieldNumber(tag), "is a group");
    }
    in.skipField(tag);
  }
}
