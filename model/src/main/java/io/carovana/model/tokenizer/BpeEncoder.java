package io.carovana.model.tokenizer;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;

/**
 * Text to ids by SentencePiece's rules for an identity normalizer: a dummy space in front, spaces
 * written as ▁, then merges by score; what the vocabulary lacks becomes byte pieces, or one unknown
 * piece for each stretch of such characters where there are none.
 *
 * <p>An excluded piece, which must be longer than one character, is never produced, nor passed
 * through on the way to another. Immutable.
 */
final class BpeEncoder {
  private static final int REPLACEMENT = 0xFFFD;

  /** Bytes, and so replacement characters, of a surrogate encoded as if it were a character. */
  private static final int SURROGATE_BYTES = 3;

  private final Vocabulary vocabulary;
  private final SymbolTable symbols;
  private final MergeTable merges;
  private final int[] ranks;
  private final Optional<WholePieces> wholePieces;

  BpeEncoder(Vocabulary vocabulary, SymbolTable symbols, MergeTable merges, BitSet excluded) {
    this.vocabulary = vocabulary;
    this.symbols = symbols;
    this.merges = merges;
    this.ranks = ranks(vocabulary, excluded);
    this.wholePieces = WholePieces.of(vocabulary, excluded);
  }

  int[] encode(String text, boolean dummyPrefix) {
    return text.isEmpty() ? new int[0] : new Pass(text).encode(text, dummyPrefix);
  }

  /** Order of the scores, best first. As in sentencepiece (0.2.2, measured) -0 is less than 0. */
  private static int[] ranks(Vocabulary vocabulary, BitSet excluded) {
    int size = vocabulary.size();
    float[] costs = new float[size];
    for (int id = 0; id < size; id++) {
      costs[id] = -vocabulary.score(id);
    }
    float[] sorted = costs.clone();
    Arrays.sort(sorted);
    int[] rankAt = new int[size];
    for (int i = 1; i < size; i++) {
      rankAt[i] = rankAt[i - 1] + (Float.compare(sorted[i], sorted[i - 1]) > 0 ? 1 : 0);
    }
    int[] ranks = new int[size];
    for (int id = 0; id < size; id++) {
      boolean merges = vocabulary.type(id).isText() && !excluded.get(id);
      ranks[id] = merges ? rankAt[Arrays.binarySearch(sorted, costs[id])] : Merger.NEVER;
    }
    return ranks;
  }

  /** One walk over one text. */
  private final class Pass {
    private final Merger run = new Merger(merges, ranks);
    private final IdList ids;
    private int previous = SymbolTable.NONE;

    Pass(String text) {
      ids = new IdList(text.length() / 3);
    }

    int[] encode(String text, boolean dummyPrefix) {
      if (wholePieces.isPresent()) {
        addWithWholePieces(wholePieces.get(), mark(text, dummyPrefix));
      } else {
        if (dummyPrefix) {
          add(Vocabulary.SPACE_MARK);
        }
        for (int at = 0; at < text.length(); ) {
          at += addCharacterAt(text, at);
        }
      }
      endRun();
      return ids.toArray();
    }

    /** The text as pieces spell it; only then can the dummy space belong to a whole piece. */
    private static String mark(String text, boolean dummyPrefix) {
      String marked = text.replace(' ', Vocabulary.SPACE_MARK);
      return dummyPrefix ? Vocabulary.SPACE_MARK + marked : marked;
    }

    private void addWithWholePieces(WholePieces whole, String marked) {
      for (int at = 0; at < marked.length(); ) {
        int length = whole.lengthAt(marked, at);
        if (length > 0) {
          endRun();
          ids.add(whole.idAt(marked, at, length));
          at += length;
        } else {
          at += addCharacterAt(marked, at);
        }
      }
    }

    private int addCharacterAt(String text, int at) {
      char first = text.charAt(at);
      if (!Character.isSurrogate(first)) {
        add(first == ' ' ? Vocabulary.SPACE_MARK : first);
        return 1;
      }
      int codePoint = text.codePointAt(at);
      if (Character.isSupplementaryCodePoint(codePoint)) {
        add(codePoint);
        return 2;
      }
      for (int i = 0; i < SURROGATE_BYTES; i++) {
        add(REPLACEMENT);
      }
      return 1;
    }

    private void add(int codePoint) {
      int symbol = symbols.of(codePoint);
      if (symbol == SymbolTable.NONE) {
        endRun();
        addUnknown(codePoint);
        return;
      }
      if (run.size() > 0 && !symbols.mayTouch(previous, codePoint)) {
        endRun();
      }
      run.add(symbol);
      previous = codePoint;
    }

    private void endRun() {
      if (run.size() == 0) {
        return;
      }
      run.merge();
      for (int i = 0; i < run.size(); i++) {
        int symbol = run.symbol(i);
        if (symbol >= vocabulary.size()) {
          addUnknown(symbols.extraCharacter(symbol));
        } else {
          ids.add(symbol);
        }
      }
      run.clear();
    }

    private void addUnknown(int codePoint) {
      if (vocabulary.byteFallback()) {
        Utf8.forEachByte(codePoint, value -> ids.add(vocabulary.byteId(value)));
      } else if (ids.size() == 0 || ids.last() != vocabulary.unkId()) {
        ids.add(vocabulary.unkId());
      }
    }
  }
}
