package io.carovana.cli.up;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which of a gateway's many answers are worth a line: one that says something new at once, and of
 * those that differ in their numbers only, one every two seconds. Pure.
 */
final class LoadingLines {
  private static final long EVERY_MS = 2_000;
  private static final Pattern NUMBER = Pattern.compile("[0-9]+");

  private String last = "";
  private long shownMs;

  /** Whether to show {@code line} at {@code nowMs}; an empty one says nothing. */
  Optional<String> next(String line, long nowMs) {
    boolean news = !withoutNumbers(line).equals(withoutNumbers(last));
    boolean due = nowMs - shownMs >= EVERY_MS;
    if (line.isEmpty() || line.equals(last) || !(news || due)) {
      return Optional.empty();
    }
    last = line;
    shownMs = nowMs;
    return Optional.of(line);
  }

  /** Something else happened: whatever comes next is new. */
  void reset() {
    last = "";
  }

  private static String withoutNumbers(String line) {
    return NUMBER.matcher(line).replaceAll("");
  }
}
