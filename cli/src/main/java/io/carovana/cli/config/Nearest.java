package io.carovana.cli.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** The known name closest to one that is not known. */
public final class Nearest {
  private Nearest() {}

  /** The candidate with the fewest edits, when it is close enough to be what was meant. */
  public static Optional<String> of(String word, Collection<String> candidates) {
    return candidates.stream()
        .min(
            Comparator.<String>comparingInt(candidate -> edits(word, candidate))
                .thenComparing(Comparator.naturalOrder()))
        .filter(best -> edits(word, best) <= Math.max(2, word.length() / 2));
  }

  /** " Did you mean X?" or nothing. */
  public static String hint(String word, Collection<String> candidates) {
    return of(word, candidates).map(best -> " Did you mean " + best + "?").orElse("");
  }

  /** Levenshtein distance: insertions, deletions and replacements. */
  static int edits(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
