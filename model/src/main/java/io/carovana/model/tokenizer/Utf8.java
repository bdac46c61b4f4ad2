package io.carovana.model.tokenizer;

import java.util.function.IntConsumer;

/**
 * UTF-8 as SentencePiece reads and writes it: a byte that does not begin a well-formed character is
 * one U+FFFD by itself. Java's own decoder replaces longer stretches, and so cannot be used here.
 */
final class Utf8 {
  static final char REPLACEMENT = '\uFFFD';

  /** The bytes so far may still become a character. */
  static final int INCOMPLETE = -1;

  /** The first byte begins no character. */
  static final int INVALID = -2;

  private static final int MAX_LENGTH = 4;

  /** Smallest character of each encoded length, so that longer spellings of it are refused. */
  private static final int[] SMALLEST = {0, 0, 0x80, 0x800, 0x10000};

  private Utf8() {}

  /** The character at the begin of {@code bytes[from, to)}, {@link #INCOMPLETE} or INVALID. */
  static int characterAt(byte[] bytes, int from, int to) {
    int first = bytes[from] & 0xFF;
    if (first < 0x80) {
      return first;
    }
    int length = lengthFrom(first);
    if (length == 0) {
      return INVALID;
    }
    int codePoint = first & (0x7F >>> length);
    for (int i = 1; i < length; i++) {
      if (from + i == to) {
        return INCOMPLETE;
      }
      int trail = bytes[from + i] & 0xFF;
      if ((trail & 0xC0) != 0x80) {
        return INVALID;
      }
      codePoint = (codePoint << 6) | (trail & 0x3F);
    }
    boolean surrogate = codePoint >= 0xD800 && codePoint <= 0xDFFF;
    boolean wellFormed =
        codePoint >= SMALLEST[length] && codePoint <= Character.MAX_CODE_POINT && !surrogate;
    return wellFormed ? codePoint : INVALID;
  }

  /** Bytes of a character. */
  static int length(int codePoint) {
    int length = 1;
    while (length < MAX_LENGTH && codePoint >= SMALLEST[length + 1]) {
      length++;
    }
    return length;
  }

  /** Calls back with each byte, 0..255, of a character. */
  static void forEachByte(int codePoint, IntConsumer action) {
    int length = length(codePoint);
    if (length == 1) {
      action.accept(codePoint);
      return;
    }
    int shift = 6 * (length - 1);
    action.accept(((0xF00 >>> length) & 0xFF) | (codePoint >>> shift));
    while (shift > 0) {
      shift -= 6;
      action.accept(0x80 | ((codePoint >>> shift) & 0x3F));
    }
  }

  /** Decodes bytes of unknown origin. */
  static String decode(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    for (int at = 0; at < bytes.length; ) {
      int codePoint = characterAt(bytes, at, bytes.length);
      if (codePoint < 0) {
        text.append(REPLACEMENT);
        at++;
      } else {
        text.appendCodePoint(codePoint);
        at += length(codePoint);
      }
    }
    return text.toString();
  }

  private static int lengthFrom(int first) {
    if ((first & 0xE0) == 0xC0) {
      return 2;
    }
    if ((first & 0xF0) == 0xE0) {
      return 3;
    }
    return (first & 0xF8) == 0xF0 ? 4 : 0;
  }
}
