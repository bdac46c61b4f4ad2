package io.carovana.model.tokenizer;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * The ids of the infilling sentinels, found by piece: vocabularies have them in different places,
 * and some have none.
 *
 * @param prefix {@code ▁<PRE>}, before the text in front of the cursor
 * @param suffix {@code ▁<SUF>}, before the text behind it
 * @param middle {@code ▁<MID>}, after which the model fills in
 * @param endOfText {@code ▁<EOT>}, with which it ends
 */
public record InfillIds(int prefix, int suffix, int middle, int endOfText) {
  static final String PREFIX_PIECE = "▁<PRE>";
  static final String SUFFIX_PIECE = "▁<SUF>";
  static final String MIDDLE_PIECE = "▁<MID>";
  static final String END_PIECE = "▁<EOT>";

  /** All four, or nothing: a vocabulary with some of them cannot infill. */
  static Optional<InfillIds> find(Vocabulary vocabulary) {
    OptionalInt prefix = vocabulary.idOf(PREFIX_PIECE);
    OptionalInt suffix = vocabulary.idOf(SUFFIX_PIECE);
    OptionalInt middle = vocabulary.idOf(MIDDLE_PIECE);
    OptionalInt end = vocabulary.idOf(END_PIECE);
    if (prefix.isEmpty() || suffix.isEmpty() || middle.isEmpty() || end.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new InfillIds(prefix.getAsInt(), suffix.getAsInt(), middle.getAsInt(), end.getAsInt()));
  }
}
