package io.carovana.model.tokenizer;

import java.util.Arrays;

/**
 * What merging starts from: one symbol per character that occurs in some piece. A symbol is a
 * piece's id, or, for a character that occurs in pieces without being one, a number from the
 * vocabulary's size upwards. Also knows which characters never stand side by side inside a piece:
 * no merge crosses such a place, so text may be cut there and its parts merged by themselves.
 */
final class SymbolTable {
  /** No piece holds this character. */
  static final int NONE = -1;

  private static final int PAGE_BITS = 8;
  private static final int PAGE_SIZE = 1 << PAGE_BITS;
  private static final int[] EMPTY_PAGE = emptyPage();

  /** Bits of the neighbour filter: Llama's 20,000 neighbours leave 2 % false answers. */
  private static final int FILTER_BITS = 20;

  private final int[][] pages = new int[(Character.MAX_CODE_POINT + 1) >>> PAGE_BITS][];
  private final long[] neighbours = new long[1 << (FILTER_BITS - 6)];
  private final int vocabularySize;
  private int[] extraCharacters = new int[16];
  private int extraCount;

  SymbolTable(Vocabulary vocabulary) {
    Arrays.fill(pages, EMPTY_PAGE);
    vocabularySize = vocabulary.size();
    for (int id = 0; id < vocabularySize; id++) {
      String piece = vocabulary.piece(id);
      if (vocabulary.type(id).isText() && piece.codePointCount(0, piece.length()) == 1) {
        set(piece.codePointAt(0), id);
      }
    }
    for (int id = 0; id < vocabularySize; id++) {
      if (vocabulary.type(id).isText()) {
        addCharacters(vocabulary.piece(id));
      }
    }
  }

  /** The symbol of a character, or {@link #NONE}. */
  int of(int codePoint) {
    return pages[codePoint >>> PAGE_BITS][codePoint & (PAGE_SIZE - 1)];
  }

  /** Whether some piece may hold the two side by side; never falsely false. */
  boolean mayTouch(int left, int right) {
    int bit = filterBit(left, right);
    return (neighbours[bit >>> 6] & (1L << bit)) != 0;
  }

  /** The character behind a symbol that is not a piece. */
  int extraCharacter(int symbol) {
    return extraCharacters[symbol - vocabularySize];
  }

  private void addCharacters(String piece) {
    int previous = NONE;
    for (int i = 0; i < piece.length(); ) {
      int codePoint = piece.codePointAt(i);
      i += Character.charCount(codePoint);
      if (of(codePoint) == NONE) {
        if (extraCount == extraCharacters.length) {
          extraCharacters = Arrays.copyOf(extraCharacters, 2 * extraCount);
        }
        extraCharacters[extraCount] = codePoint;
        set(codePoint, vocabularySize + extraCount++);
      }
      if (previous != NONE) {
        int bit = filterBit(previous, codePoint);
        neighbours[bit >>> 6] |= 1L << bit;
      }
      previous = codePoint;
    }
  }

  @SuppressWarnings("ReferenceEquality") // one page is shared by all that are empty
  private void set(int codePoint, int symbol) {
    int page = codePoint >>> PAGE_BITS;
    if (pages[page] == EMPTY_PAGE) {
      pages[page] = emptyPage();
    }
    pages[page][codePoint & (PAGE_SIZE - 1)] = symbol;
  }

  private static int filterBit(int left, int right) {
    return (left * 0x9E3779B1 + right * 0x85EBCA6B) >>> (32 - FILTER_BITS);
  }

  private static int[] emptyPage() {
    int[] page = new int[PAGE_SIZE];
    Arrays.fill(page, NONE);
    return page;
  }
}
