package io.carovana.model.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * BPE in its plainest form, as the specification of the fast one: join the two neighbours whose
 * piece scores best, the leftmost of equals, over the text as a list of strings, until nothing
 * joins.
 */
final class ReferenceBpe {
  private final Tokenizer tokenizer;
  private final boolean byteFallback;

  ReferenceBpe(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.byteFallback = tokenizer.idOf("<0x00>").isPresent();
  }

  List<Integer> encode(String text) {
    List<String> parts = new ArrayList<>();
    if (!text.isEmpty()) {
      String marked = "▁" + text.replace(' ', '▁');
      marked.codePoints().forEach(c -> parts.add(Character.toString(c)));
    }
    for (int best = best(parts); best >= 0; best = best(parts)) {
      parts.set(best, parts.get(best) + parts.remove(best + 1));
    }
    return ids(parts);
  }

  private int best(List<String> parts) {
    int best = -1;
    float bestScore = 0;
    for (int i = 0; i + 1 < parts.size(); i++) {
      OptionalInt id = textPiece(parts.get(i) + parts.get(i + 1));
      if (id.isPresent()
          && (best < 0 || Float.compare(tokenizer.score(id.getAsInt()), bestScore) > 0)) {
        best = i;
        bestScore = tokenizer.score(id.getAsInt());
      }
    }
    return best;
  }

  private List<Integer> ids(List<String> parts) {
    List<Integer> ids = new ArrayList<>();
    for (String part : parts) {
      OptionalInt id = textPiece(part);
      if (id.isPresent()) {
        ids.add(id.getAsInt());
      } else if (byteFallback) {
        for (byte b : part.getBytes(StandardCharsets.UTF_8)) {
          ids.add(tokenizer.idOf("<0x%02X>".formatted(b & 0xFF)).getAsInt());
        }
      } else if (ids.isEmpty() || ids.getLast() != tokenizer.unkId()) {
        ids.add(tokenizer.unkId());
      }
    }
    return ids;
  }

  private OptionalInt textPiece(String text) {
    OptionalInt id = tokenizer.idOf(text);
    return id.isPresent() && tokenizer.type(id.getAsInt()) == PieceType.NORMAL
        ? id
        : OptionalInt.empty();
  }
}
