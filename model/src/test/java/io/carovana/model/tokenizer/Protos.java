package io.carovana.model.tokenizer;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Writes SentencePiece models for tests, good and bad ones. */
public final class Protos {
  /** Code Llama's infilling pieces in the order of their ids. */
  private static final List<String> INFILLING = infilling();

  private Protos() {}

  /** What writes the fields of one message. */
  public interface Body {
    /** Writes them. */
    void write(CodedOutputStream out) throws IOException;
  }

  /** A message as bytes. */
  public static byte[] message(Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      body.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** One piece of a vocabulary. */
  public static byte[] piece(String text, float score, PieceType type) {
    return message(
        out -> {
          out.writeString(ModelProtoFields.PIECE_TEXT, text);
          out.writeFloat(ModelProtoFields.PIECE_SCORE, score);
          out.writeEnum(ModelProtoFields.PIECE_TYPE, type.number());
        });
  }

  /** A model with one more piece at its end. */
  public static byte[] withPiece(byte[] model, String text, float score, PieceType type) {
    return message(
        out -> {
          out.writeRawBytes(model);
          out.writeByteArray(ModelProtoFields.PIECES, piece(text, score, type));
        });
  }

  /** Llama 2's model with Code Llama's 16 infilling pieces, scored as all others by their ids. */
  public static byte[] withInfilling(byte[] model) {
    byte[] extended = model;
    int id = Tokenizer.fromModelProto(model).vocabSize();
    for (String piece : INFILLING) {
      extended = withPiece(extended, piece, -(id++ - 259), PieceType.NORMAL);
    }
    return extended;
  }

  private static List<String> infilling() {
    List<String> pieces =
        new ArrayList<>(
            List.of(
                "▁<SU", "▁<SUF", "▁<PRE", "▁<M", "▁<MID", "▁<E", "▁<EOT", "▁<PRE>", "▁<SUF>",
                "▁<MID>", "▁<EOT>"));
    for (int more = 1; more <= 5; more++) {
      pieces.add("▁<EOT>" + "<EOT>".repeat(more));
    }
    return pieces;
  }
}
