package io.carovana.model.tokenizer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The pieces of a tokenizer, checked: every piece non-empty, unique, of a known type and with a
 * finite score; exactly one unknown piece; all 256 byte pieces or none.
 */
final class Vocabulary {
  /** More pieces than any Llama has (32,016); bounds the tables built from them. */
  static final int MAX_PIECES = 1 << 20;

  /** Longest piece in UTF-16 units; the longest of Code Llama is 31. */
  static final int MAX_PIECE_LENGTH = 256;

  /** What SentencePiece writes for a space. */
  static final char SPACE_MARK = '▁';

  static final String DEFAULT_UNKNOWN_SURFACE = " \u2047 ";

  private static final int BYTES = 256;

  private final String[] pieces;
  private final float[] scores;
  private final PieceType[] types;
  private final Map<String, Integer> ids;
  private final int unkId;
  private final int bosId;
  private final int eosId;
  private final String unknownSurface;

  /** Id of the piece of each byte value; empty without byte fallback. */
  private final int[] byteIds;

  /** Value of each byte piece, -1 for the others. */
  private final short[] byteValues;

  /**
   * Takes ownership of the arrays, which have one element per piece.
   *
   * @throws TokenizerException naming the piece that is wrong
   */
  Vocabulary(
      String[] pieces,
      float[] scores,
      PieceType[] types,
      int bosId,
      int eosId,
      String unknownSurface) {
    if (pieces.length > MAX_PIECES) {
      throw TokenizerException.malformed(
          "pieces", pieces.length + " are more than the " + MAX_PIECES + " supported");
    }
    this.pieces = pieces;
    this.scores = scores;
    this.types = types;
    this.bosId = bosId;
    this.eosId = eosId;
    this.unknownSurface = unknownSurface;
    this.ids = new HashMap<>(pieces.length * 2);
    checkPieces();
    this.unkId = onlyUnknown();
    this.byteValues = new short[pieces.length];
    this.byteIds = indexBytes();
    requireControl("bos", bosId);
    requireControl("eos", eosId);
  }

  int size() {
    return pieces.length;
  }

  String piece(int id) {
    return pieces[id];
  }

  float score(int id) {
    return scores[id];
  }

  PieceType type(int id) {
    return types[id];
  }

  OptionalInt idOf(String piece) {
    Integer id = ids.get(piece);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  int unkId() {
    return unkId;
  }

  int bosId() {
    return bosId;
  }

  int eosId() {
    return eosId;
  }

  /** The text an unknown piece decodes to. */
  String unknownSurface() {
    return unknownSurface;
  }

  boolean byteFallback() {
    return byteIds.length > 0;
  }

  /** The piece of a byte value 0..255; only with byte fallback. */
  int byteId(int value) {
    return byteIds[value];
  }

  /** The value 0..255 of a byte piece, -1 for any other. */
  int byteValue(int id) {
    return byteValues[id];
  }

  private void checkPieces() {
    for (int id = 0; id < pieces.length; id++) {
      String piece = pieces[id];
      if (piece.isEmpty()) {
        throw TokenizerException.malformed("piece " + id, "is empty");
      }
      if (piece.length() > MAX_PIECE_LENGTH) {
        throw TokenizerException.malformed(
            "piece " + id,
            "has " + piece.length() + " characters; at most " + MAX_PIECE_LENGTH + " are read");
      }
      if (!Float.isFinite(scores[id])) {
        throw TokenizerException.malformed("piece " + id, "has the score " + scores[id]);
      }
      Integer earlier = ids.put(piece, id);
      if (earlier != null) {
        throw TokenizerException.malformed(
            "piece " + id, "\"" + piece + "\" is already piece " + earlier);
      }
    }
  }

  private int onlyUnknown() {
    int found = -1;
    for (int id = 0; id < types.length; id++) {
      if (types[id] == PieceType.UNKNOWN) {
        if (found >= 0) {
          throw TokenizerException.malformed(
              "pieces", "both " + found + " and " + id + " are the unknown piece");
        }
        found = id;
      }
    }
    if (found < 0) {
      throw TokenizerException.malformed("pieces", "none of them is the unknown piece");
    }
    return found;
  }

  private int[] indexBytes() {
    Arrays.fill(byteValues, (short) -1);
    int[] found = new int[BYTES];
    Arrays.fill(found, -1);
    int count = 0;
    for (int id = 0; id < types.length; id++) {
      if (types[id] == PieceType.BYTE) {
        int value = parseByte(id);
        // Spellings are unique per value, and pieces are unique: so is the value.
        found[value] = id;
        byteValues[id] = (short) value;
        count++;
      }
    }
    if (count != 0 && count != BYTES) {
      throw TokenizerException.malformed(
          "pieces", "there are " + count + " byte pieces instead of " + BYTES);
    }
    return count == 0 ? new int[0] : found;
  }

  private int parseByte(int id) {
    String piece = pieces[id];
    if (piece.length() == "<0x00>".length()) {
      int high = Character.digit(piece.charAt(3), 16);
      int low = Character.digit(piece.charAt(4), 16);
      int value = high * 16 + low;
      if (high >= 0 && low >= 0 && piece.equals(byteSpelling(value))) {
        return value;
      }
    }
    throw TokenizerException.malformed(
        "piece " + id, "\"" + piece + "\" is marked as a byte but not spelled <0x00> to <0xFF>");
  }

  private static String byteSpelling(int value) {
    return String.format(Locale.ROOT, "<0x%02X>", value);
  }

  private void requireControl(String name, int id) {
    if (id < 0 || id >= types.length || types[id] != PieceType.CONTROL) {
      throw TokenizerException.malformed(name, "piece " + id + " is not a control piece");
    }
  }
}
