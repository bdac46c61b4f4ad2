package io.carovana.cli.up;

import java.util.function.Consumer;
import sun.misc.Signal;

/** Signals as events, instead of an immediate end. */
public final class Signals {
  private Signals() {}

  /** Interrupt from the keyboard. */
  public static final String INTERRUPT = "INT";

  /** A polite request to end. */
  public static final String TERMINATE = "TERM";

  /** The terminal is gone. */
  public static final String HANG_UP = "HUP";

  /**
   * Calls {@code handler} with the name of each signal of {@code names} that arrives. A signal that
   * was ignored when the process started (nohup) stays ignored.
   */
  public static void handle(Consumer<String> handler, String... names) {
    for (String name : names) {
      Signal.handle(new Signal(name), signal -> handler.accept(signal.getName()));
    }
  }

  /** Ignores {@code names} from now on. */
  public static void ignore(String... names) {
    handle(name -> {}, names);
  }
}
