package io.carovana.model.testing;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The demo model's SentencePiece file, and its pieces as GGUF stores them. */
public final class DemoTokenizer {
  /**
   * One piece.
   *
   * @param text the piece
   * @param score its merge score
   * @param type SentencePiece's type number, which GGUF shares
   */
  public record Piece(String text, float score, int type) {}

  private DemoTokenizer() {}

  /** The file, found from wherever inside the repository a test runs. */
  public static Path file() {
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null) {
      Path file = folder.resolve("model/demo-model/tokenizer.model");
      if (Files.isRegularFile(file)) {
        return file;
      }
      folder = folder.getParent();
    }
    throw new IllegalStateException("no model/demo-model/tokenizer.model above the working folder");
  }

  /** All pieces, by id (ModelProto field 1; fields 1 to 3 of each are text, score, type). */
  public static List<Piece> pieces() {
    try {
      CodedInputStream in = CodedInputStream.newInstance(Files.readAllBytes(file()));
      List<Piece> pieces = new ArrayList<>();
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) == 1) {
          pieces.add(piece(CodedInputStream.newInstance(in.readByteArray())));
        } else {
          in.skipField(tag);
        }
      }
      return pieces;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Piece piece(CodedInputStream in) throws IOException {
    String text = "";
    float score = 0;
    int type = 1;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> text = in.readStringRequireUtf8();
        case 2 -> score = in.readFloat();
        case 3 -> type = in.readEnum();
        default -> in.skipField(tag);
      }
    }
    return new Piece(text, score, type);
  }
}
