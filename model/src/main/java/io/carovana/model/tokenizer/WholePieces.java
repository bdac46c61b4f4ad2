package io.carovana.model.tokenizer;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The user-defined pieces of a vocabulary: wherever one stands in the text it is one token, before
 * any merging; of several the longest. Llama has none, vocabularies derived from it may.
 */
final class WholePieces {
  /** The pieces by their first character, longest first. */
  private final Map<Character, List<String>> byFirst;

  private final Vocabulary vocabulary;

  private WholePieces(Vocabulary vocabulary, Map<Character, List<String>> byFirst) {
    this.vocabulary = vocabulary;
    this.byFirst = byFirst;
  }

  /** Nothing where the vocabulary has none besides the excluded ones. */
  static Optional<WholePieces> of(Vocabulary vocabulary, BitSet excluded) {
    Map<Character, List<String>> byFirst = new HashMap<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.type(id) == PieceType.USER_DEFINED && !excluded.get(id)) {
        String piece = vocabulary.piece(id);
        byFirst.computeIfAbsent(piece.charAt(0), first -> new ArrayList<>()).add(piece);
      }
    }
    byFirst.values().forEach(list -> list.sort(Comparator.comparingInt(String::length).reversed()));
    return byFirst.isEmpty() ? Optional.empty() : Optional.of(new WholePieces(vocabulary, byFirst));
  }

  /** UTF-16 units of the longest piece that stands at a place, 0 where none does. */
  int lengthAt(String marked, int at) {
    for (String piece : byFirst.getOrDefault(marked.charAt(at), List.of())) {
      if (marked.startsWith(piece, at)) {
        return piece.length();
      }
    }
    return 0;
  }

  /** The id of the piece that {@link #lengthAt} found. */
  int idAt(String marked, int at, int length) {
    return vocabulary.idOf(marked.substring(at, at + length)).orElseThrow();
  }
}
