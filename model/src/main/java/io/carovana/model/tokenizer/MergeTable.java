package io.carovana.model.tokenizer;

import java.util.Arrays;

/**
 * Which two symbols stand side by side for a piece: (left, right) to the piece's id. SentencePiece
 * looks the joined text up; as symbols and their texts correspond one to one, a table of pairs
 * answers the same without touching text.
 */
final class MergeTable {
  /** No piece is made of the two. */
  static final int NONE = -1;

  private static final long EMPTY = -1;

  private long[] keys = emptyKeys(1 << 12);
  private int[] values = new int[1 << 12];
  private int count;

  MergeTable(Vocabulary vocabulary, SymbolTable symbols) {
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.type(id).isText()) {
        addSplits(vocabulary, symbols, id);
      }
    }
  }

  /** The piece made of two symbols, both at least 0, or {@link #NONE}. */
  int get(int left, int right) {
    long key = key(left, right);
    int mask = keys.length - 1;
    for (int slot = slot(key, mask); ; slot = (slot + 1) & mask) {
      long found = keys[slot];
      if (found == key) {
        return values[slot];
      }
      if (found == EMPTY) {
        return NONE;
      }
    }
  }

  private void addSplits(Vocabulary vocabulary, SymbolTable symbols, int id) {
    String piece = vocabulary.piece(id);
    for (int at = 1; at < piece.length(); at++) {
      if (!Character.isLowSurrogate(piece.charAt(at))) {
        int left = symbolOf(vocabulary, symbols, piece.substring(0, at));
        int right = symbolOf(vocabulary, symbols, piece.substring(at));
        if (left >= 0 && right >= 0) {
          put(key(left, right), id);
        }
      }
    }
  }

  private static int symbolOf(Vocabulary vocabulary, SymbolTable symbols, String text) {
    if (text.codePointCount(0, text.length()) == 1) {
      return symbols.of(text.codePointAt(0));
    }
    int id = vocabulary.idOf(text).orElse(NONE);
    return id >= 0 && vocabulary.type(id).isText() ? id : NONE;
  }

  private void put(long key, int value) {
    if (2 * (count + 1) > keys.length) {
      grow();
    }
    int mask = keys.length - 1;
    int slot = slot(key, mask);
    while (keys[slot] != EMPTY) {
      slot = (slot + 1) & mask;
    }
    keys[slot] = key;
    values[slot] = value;
    count++;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldValues = values;
    keys = emptyKeys(2 * oldKeys.length);
    values = new int[keys.length];
    count = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != EMPTY) {
        put(oldKeys[i], oldValues[i]);
      }
    }
  }

  private static long key(int left, int right) {
    return ((long) left << 32) | right;
  }

  private static int slot(long key, int mask) {
    long mixed = key * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 32) & mask;
  }

  private static long[] emptyKeys(int size) {
    long[] keys = new long[size];
    Arrays.fill(keys, EMPTY);
    return keys;
  }
}
