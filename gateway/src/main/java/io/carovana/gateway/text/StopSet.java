package io.carovana.gateway.text;

import java.util.List;

/**
 * The stop strings of a request, compiled once and shared by its choices: for each string the
 * failure table of Knuth, Morris and Pratt ("Fast pattern matching in strings", 1977), so that
 * matching costs constant time per character and string, whatever the strings are.
 */
public final class StopSet {
  private final String[] stops;
  private final int[][] failures;

  /** Compiles strings, none of them empty. */
  public StopSet(List<String> stops) {
    this.stops = stops.toArray(String[]::new);
    this.failures = new int[this.stops.length][];
    for (int i = 0; i < this.stops.length; i++) {
      failures[i] = failureTable(this.stops[i]);
    }
  }

  int size() {
    return stops.length;
  }

  int length(int stop) {
    return stops[stop].length();
  }

  /**
   * The longest prefix of a stop string that ends at the next character, given the longest (and
   * incomplete) one that ended before it.
   */
  int advance(int stop, int matched, char next) {
    String text = stops[stop];
    int length = matched;
    while (length > 0 && text.charAt(length) != next) {
      length = failures[stop][length - 1];
    }
    return text.charAt(length) == next ? length + 1 : length;
  }

  private static int[] failureTable(String stop) {
    int[] table = new int[stop.length()];
    int length = 0;
    for (int i = 1; i < table.length; i++) {
      while (length > 0 && stop.charAt(i) != stop.charAt(length)) {
        length = table[length - 1];
      }
      if (stop.charAt(i) == stop.charAt(length)) {
        length++;
      }
      table[i] = length;
    }
    return table;
  }
}
