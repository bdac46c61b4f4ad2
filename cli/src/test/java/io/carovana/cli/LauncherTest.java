package io.carovana.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class LauncherTest {
  private static final Path ROOT = Path.of(System.getProperty("carovana.root"));

  @Test
  void startsJvmsWithTheFlagsTheTestsRunWith() throws IOException {
    String launcher = Files.readString(ROOT.resolve("cli/src/dist/bin/carovana"));
    String flags = variable(launcher, "vector_flags") + " " + variable(launcher, "jvm_flags");
    assertThat(Arrays.asList(flags.split(" ")))
        .isEqualTo(Arrays.asList(System.getProperty("carovana.jvm.flags").split(" ")));
  }

  private static String variable(String script, String name) {
    Matcher matcher = Pattern.compile("(?m)^" + name + "='([^']*)'$").matcher(script);
    assertThat(matcher.find()).as(name).isTrue();
    return matcher.group(1);
  }
}
