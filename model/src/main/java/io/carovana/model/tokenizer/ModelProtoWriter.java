package io.carovana.model.tokenizer;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Writes a vocabulary as a SentencePiece {@code ModelProto}, whatever file it came from, so that a
 * process without files can be handed its tokenizer. {@code sentencepiece} reads it too.
 */
final class ModelProtoWriter {
  private ModelProtoWriter() {}

  static byte[] write(Vocabulary vocabulary) {
    return message(
        out -> {
          for (int id = 0; id < vocabulary.size(); id++) {
            out.writeByteArray(ModelProtoFields.PIECES, piece(vocabulary, id));
          }
          out.writeByteArray(ModelProtoFields.TRAINER_SPEC, trainerSpec(vocabulary));
          out.writeByteArray(ModelProtoFields.NORMALIZER_SPEC, normalizerSpec());
        });
  }

  private static byte[] piece(Vocabulary vocabulary, int id) {
    return message(
        out -> {
          out.writeString(ModelProtoFields.PIECE_TEXT, vocabulary.piece(id));
          out.writeFloat(ModelProtoFields.PIECE_SCORE, vocabulary.score(id));
          out.writeEnum(ModelProtoFields.PIECE_TYPE, vocabulary.type(id).number());
        });
  }

  private static byte[] trainerSpec(Vocabulary vocabulary) {
    return message(
        out -> {
          out.writeEnum(ModelProtoFields.TRAINER_MODEL_TYPE, ModelProtoFields.BPE);
          out.writeInt32(ModelProtoFields.TRAINER_VOCAB_SIZE, vocabulary.size());
          out.writeBool(ModelProtoFields.TRAINER_BYTE_FALLBACK, vocabulary.byteFallback());
          out.writeInt32(ModelProtoFields.TRAINER_UNK_ID, vocabulary.unkId());
          out.writeInt32(ModelProtoFields.TRAINER_BOS_ID, vocabulary.bosId());
          out.writeInt32(ModelProtoFields.TRAINER_EOS_ID, vocabulary.eosId());
          out.writeInt32(ModelProtoFields.TRAINER_PAD_ID, -1);
          out.writeString(ModelProtoFields.TRAINER_UNK_SURFACE, vocabulary.unknownSurface());
          out.writeString(ModelProtoFields.TRAINER_UNK_PIECE, vocabulary.piece(vocabulary.unkId()));
          out.writeString(ModelProtoFields.TRAINER_BOS_PIECE, vocabulary.piece(vocabulary.bosId()));
          out.writeString(ModelProtoFields.TRAINER_EOS_PIECE, vocabulary.piece(vocabulary.eosId()));
        });
  }

  private static byte[] normalizerSpec() {
    return message(
        out -> {
          out.writeString(ModelProtoFields.NORMALIZER_NAME, "identity");
          out.writeBool(ModelProtoFields.NORMALIZER_DUMMY_PREFIX, true);
          out.writeBool(ModelProtoFields.NORMALIZER_REMOVE_SPACES, false);
          out.writeBool(ModelProtoFields.NORMALIZER_ESCAPE_SPACES, true);
        });
  }

  private interface Body {
    void write(CodedOutputStream out) throws IOException;
  }

  private static byte[] message(Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      body.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }
}
