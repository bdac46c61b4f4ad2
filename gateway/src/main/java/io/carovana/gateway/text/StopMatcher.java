package io.carovana.gateway.text;

/**
 * Finds the first stop string in a text that arrives in pieces, and holds back what may yet turn
 * out to be the beginning of one. The stop that is complete first wins, the longest where several
 * end together; so the result does not depend on where the pieces were cut.
 */
public final class StopMatcher {
  private final StopSet stops;
  private final int[] matched;
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  /** A matcher at the beginning of a text. */
  public StopMatcher(StopSet stops) {
    this.stops = stops;
    this.matched = new int[stops.size()];
  }

  /** Whether a stop string was found; everything from its first character on is dropped. */
  public boolean stopped() {
    return stopped;
  }

  /** Takes the next piece; returns what can be shown now. */
  public String accept(String piece) {
    for (int i = 0; i < piece.length() && !stopped; i++) {
      held.append(piece.charAt(i));
      int longest = advance(piece.charAt(i));
      if (longest > 0) {
        stopped = true;
        held.setLength(held.length() - longest);
      }
    }
    return release(stopped ? 0 : longestBeginning());
  }

  /** The text ended: what was held back can be shown. */
  public String finish() {
    return release(0);
  }

  /** The length of the longest stop string that ends at this character, 0 for none. */
  private int advance(char next) {
    int longest = 0;
    for (int s = 0; s < matched.length; s++) {
      matched[s] = stops.advance(s, matched[s], next);
      if (matched[s] == stops.length(s)) {
        longest = Math.max(longest, matched[s]);
      }
    }
    return longest;
  }

  private int longestBeginning() {
    int longest = 0;
    for (int length : matched) {
      longest = Math.max(longest, length);
    }
    return longest;
  }

  /** Releases all but the last {@code keep} characters. */
  private String release(int keep) {
    int end = held.length() - keep;
    String released = held.substring(0, end);
    held.delete(0, end);
    return released;
  }
}
