package io.carovana.cli.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class ScreenTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, UTF_8);

  @Test
  void aTerminalIsWrittenInPlaceAndWhatWasLongerIsGone() {
    Screen screen = new Screen(out, true);
    screen.show("one\nlonger\n", TerminalSize.UNKNOWN);
    screen.show("two\n", TerminalSize.UNKNOWN);
    assertThat(written())
        .isEqualTo("\033[H\033[2Jone\033[K\nlonger\033[K\n\033[J\033[Htwo\033[K\n\033[J");
  }

  @Test
  void aTerminalIsNeverWrittenBeyondItsSize() {
    Screen screen = new Screen(out, true);
    screen.show("12345678\n1234567…9\n\uD83D\uDE004567890\nfour\n", new TerminalSize(4, 8));
    assertThat(written())
        .isEqualTo(
            "\033[H\033[2J12345678\033[K\n1234567…\033[K\n\uD83D\uDE004567890\033[K\n\033[J");
  }

  @Test
  void theSizeIsWhatSttySays() {
    assertThat(TerminalSize.of("24 80\n")).isEqualTo(new TerminalSize(24, 80));
    for (String none : new String[] {"", "0 0\n", "stty: not a terminal\n", "24 999999\n"}) {
      assertThat(TerminalSize.of(none)).isEqualTo(TerminalSize.UNKNOWN);
    }
  }

  @Test
  void elsewhereTextIsPlainAndOneBelowTheOther() {
    Screen screen = new Screen(out, false);
    TerminalSize small = new TerminalSize(1, 1);
    screen.show("one\n", small);
    screen.show("two\n", small);
    assertThat(written()).isEqualTo("one\n\ntwo\n");
  }

  @Test
  void aStreamThatIsNotStdoutIsNoTerminal() {
    assertThat(Screen.of(out).terminal()).isFalse();
  }

  private String written() {
    return bytes.toString(UTF_8);
  }
}
