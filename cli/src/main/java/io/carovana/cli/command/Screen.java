package io.carovana.cli.command;

import java.io.Console;
import java.io.PrintStream;

/**
 * Shows one text after another: in place on a terminal, cut to its size, elsewhere one below the
 * other.
 */
final class Screen {
  private static final String HOME = "\033[H";
  private static final String CLEAR = "\033[2J";
  private static final String CLEAR_LINE = "\033[K";
  private static final String CLEAR_BELOW = "\033[J";

  private final PrintStream out;
  private final boolean terminal;
  private boolean any;

  Screen(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** Of a command that writes to {@code out}. */
  static Screen of(PrintStream out) {
    Console console = System.console();
    return new Screen(out, out == System.out && console != null && console.isTerminal());
  }

  boolean terminal() {
    return terminal;
  }

  /** On a terminal as much of {@code text} as it shows; the cursor has the last row. */
  void show(String text) throws InterruptedException {
    show(text, terminal ? TerminalSize.ask() : TerminalSize.UNKNOWN);
  }

  void show(String text, TerminalSize size) {
    if (terminal) {
      out.print(any ? HOME : HOME + CLEAR);
      text.lines()
          .limit(size.rows() - 1)
          .forEach(line -> out.print(size.cut(line) + CLEAR_LINE + "\n"));
      out.print(CLEAR_BELOW);
    } else {
      out.print(any ? "\n" : "");
      out.println(text.stripTrailing());
    }
    out.flush();
    any = true;
  }
}
