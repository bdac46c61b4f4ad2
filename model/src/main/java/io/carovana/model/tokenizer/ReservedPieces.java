package io.carovana.model.tokenizer;

import java.util.BitSet;
import java.util.List;

/**
 * The pieces with which a prompt commands the model although text can spell them: the infilling
 * sentinels, what is longer than a sentinel ({@code ▁<EOT><EOT>}), the steps of merging that lead
 * to one, and the end-of-step marker.
 *
 * <p>A step is a beginning of a sentinel that was added to the vocabulary together with it, so its
 * id lies in the same unbroken block; {@code ▁<}, which ordinary text needs, is far away from
 * there. Without these pieces text becomes what the vocabulary made of it before they were added.
 */
final class ReservedPieces {
  static final String STEP = "<step>";

  private static final List<String> SENTINELS =
      List.of(
          InfillIds.PREFIX_PIECE,
          InfillIds.SUFFIX_PIECE,
          InfillIds.MIDDLE_PIECE,
          InfillIds.END_PIECE);

  private ReservedPieces() {}

  static BitSet find(Vocabulary vocabulary) {
    BitSet reserved = new BitSet();
    vocabulary.idOf(STEP).ifPresent(reserved::set);
    for (String sentinel : SENTINELS) {
      vocabulary.idOf(sentinel).ifPresent(id -> addBlockAround(vocabulary, id, reserved));
    }
    for (int id = 0; id < vocabulary.size(); id++) {
      String piece = vocabulary.piece(id);
      if (SENTINELS.stream().anyMatch(piece::startsWith)) {
        reserved.set(id);
      }
    }
    return reserved;
  }

  private static void addBlockAround(Vocabulary vocabulary, int sentinel, BitSet reserved) {
    for (int id = sentinel; id >= 0 && isFamily(vocabulary.piece(id)); id--) {
      reserved.set(id);
    }
    for (int id = sentinel; id < vocabulary.size() && isFamily(vocabulary.piece(id)); id++) {
      reserved.set(id);
    }
  }

  /** Whether a piece is on the way to a sentinel, is one, or goes on from one. */
  private static boolean isFamily(String piece) {
    return piece.length() > 1
        && SENTINELS.stream()
            .anyMatch(sentinel -> sentinel.startsWith(piece) || piece.startsWith(sentinel));
  }
}
