package io.carovana.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SettingsResolverTest {
  private static final Path CONFIGS = Path.of(System.getProperty("carovana.root"), "configs");

  @TempDir Path folder;

  @Test
  void aFlagWinsOverAVariableOverAFileOverAProfileOverTheDefault() throws IOException {
    Path file =
        Files.writeString(folder.resolve("c.conf"), "context = 1\nworkers = 5\nport = 9001");
    var resolver =
        new SettingsResolver(
            Map.of("CAROVANA_CONTEXT", "2", "CAROVANA_WORKERS", "6", "PATH", "x"), CONFIGS);

    Settings settings = resolver.resolve(Map.of(Setting.CONTEXT, "3"), file.toString(), "laptop");

    assertThat(settings.entry(Setting.CONTEXT))
        .hasValue(new Settings.Entry("3", 3, "flag --context"));
    assertThat(settings.entry(Setting.WORKERS))
        .hasValue(new Settings.Entry("6", 6, "variable CAROVANA_WORKERS"));
    assertThat(settings.entry(Setting.PORT).orElseThrow().origin()).isEqualTo(file + " line 3");
    assertThat(settings.entry(Setting.THREADS).orElseThrow().origin())
        .startsWith("profile laptop line");
    assertThat(settings.entry(Setting.STAGES))
        .hasValue(new Settings.Entry("1", 1, SettingsResolver.DEFAULT));
    assertThat(settings.isExplicit(Setting.STAGES)).isFalse();
  }

  @Test
  void aProposedCommandKeepsTheOtherFlags() {
    var resolver = new SettingsResolver(Map.of("CAROVANA_WORKERS", "3"), CONFIGS);
    Settings settings =
        resolver.resolve(
            Map.of(
                Setting.QUANTIZE,
                "q4",
                Setting.CONTEXT,
                "131072",
                Setting.SERVED_MODEL_NAME,
                "my model"),
            null,
            null);
    assertThat(settings.withGivenFlags("carovana up --context 16384"))
        .isEqualTo("carovana up --context 16384 --served-model-name 'my model' --quantize q4");
  }

  @Test
  void anUnknownKeyIsRefusedWithTheNearestName() throws IOException {
    Path file = Files.writeString(folder.resolve("c.conf"), "workers = 2\nprefil-chunk = 8\n");
    assertThatThrownBy(() -> resolver().resolve(Map.of(), file.toString(), null))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("prefil-chunk")
        .hasMessageContaining("line 2")
        .hasMessageContaining("Did you mean prefill-chunk?");
  }

  @Test
  void anUnknownVariableIsRefusedWithTheNearestName() {
    var resolver = new SettingsResolver(Map.of("CAROVANA_PROT", "1"), CONFIGS);
    assertThatThrownBy(() -> resolver.resolve(Map.of(), null, null))
        .hasMessageContaining("Did you mean CAROVANA_PORT?");
  }

  @Test
  void anUnknownProfileNamesTheOnesThereAre() {
    assertThatThrownBy(() -> resolver().resolve(Map.of(), null, "labtop"))
        .hasMessageContaining("lan, laptop")
        .hasMessageContaining("Did you mean laptop?");
  }

  @Test
  void aWrongValueNamesItsOriginAndWhatWouldBeValid() {
    assertThatThrownBy(() -> resolver().resolve(Map.of(Setting.PORT, "70000"), null, null))
        .hasMessage("port '70000' (flag --port) must be a whole number from 1 to 65535.");
  }

  @Test
  void aSecretIsNotRepeatedInAnError() {
    var resolver = new SettingsResolver(Map.of("CAROVANA_API_KEY", " "), CONFIGS);
    assertThatThrownBy(() -> resolver.resolve(Map.of(), null, null))
        .hasMessage("api-key (variable CAROVANA_API_KEY) must not be empty.");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> resolver().resolve(Map.of(), "/no/such.conf", null))
        .hasMessageContaining("/no/such.conf");
  }

  @ParameterizedTest
  @MethodSource("profiles")
  void everyProfileLoads(String profile) {
    Settings settings = resolver().resolve(Map.of(), null, profile);
    assertThat(Stream.of(Setting.values()).filter(settings::isExplicit)).isNotEmpty();
  }

  static Stream<String> profiles() {
    return Stream.of("laptop", "lan");
  }

  @Test
  void theReferenceNamesEverySettingWithItsDefault() throws IOException {
    Path reference = CONFIGS.resolve("reference.conf");
    String text = Files.readString(reference);
    Settings defaults = resolver().resolve(Map.of(), null, null);
    Settings settings = resolver().resolve(Map.of(), reference.toString(), null);
    for (Setting setting : Setting.values()) {
      if (setting.hasFlag()) {
        assertThat(text).containsPattern("(?m)^(# )?" + setting.key() + " = ");
        assertThat(settings.entry(setting).map(Settings.Entry::value))
            .as(setting.key())
            .isEqualTo(defaults.entry(setting).map(Settings.Entry::value));
      }
    }
  }

  @Test
  void whatTheReferenceCommentsOutIsValidToo() throws IOException {
    String text = Files.readString(CONFIGS.resolve("reference.conf"));
    Path all =
        Files.writeString(folder.resolve("all.conf"), text.replaceAll("(?m)^# ([a-z-]+ = )", "$1"));
    Settings settings = resolver().resolve(Map.of(), all.toString(), null);
    assertThat(settings.ratios(Setting.SPLIT)).containsExactly(3.0, 1.0);
    assertThat(settings.size(Setting.MEMORY)).hasValue(12L << 30);
    assertThat(settings.addresses(Setting.SEEDS)).containsExactly("10.0.0.5:7350");
  }

  private static SettingsResolver resolver() {
    return new SettingsResolver(Map.of(), CONFIGS);
  }
}
