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
    screen.show("one\nlonger\n");
    screen.show("two\n");
    assertThat(written())
        .isEqualTo("\033[H\033[2Jone\033[K\nlonger\033[K\n\033[J\033[Htwo\033[K\n\033[J");
  }

  @Test
  void elsewhereTextIsPlainAndOneBelowTheOther() {
    Screen screen = new Screen(out, false);
    screen.show("one\n");
    screen.show("two\n");
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
