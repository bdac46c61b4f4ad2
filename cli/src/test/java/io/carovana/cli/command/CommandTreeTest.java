package io.carovana.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;

class CommandTreeTest {
  @ParameterizedTest
  @MethodSource("commands")
  void everyFlagAndArgumentIsDescribed(List<String> words) {
    CommandLine command = commandLine(new Captured(Map.of()), words);
    Stream.concat(
            command.getCommandSpec().options().stream(),
            command.getCommandSpec().positionalParameters().stream())
        .filter(arg -> !arg.hidden())
        .forEach(arg -> assertThat(description(arg)).as(words + " " + arg).isNotBlank());
    assertThat(command.getCommandSpec().usageMessage().description()).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHasHelpOnStdout(List<String> words) {
    Captured captured = new Captured(Map.of());
    List<String> arguments = new ArrayList<>(words);
    arguments.add("--help");
    assertThat(captured.run(arguments.toArray(String[]::new))).isZero();
    assertThat(captured.out()).startsWith("Usage: ");
    assertThat(captured.err()).isEmpty();
  }

  @Test
  void anUnknownFlagNamesTheNearest() {
    Captured captured = new Captured(Map.of());
    assertThat(captured.run("config", "show", "--prot=1")).isEqualTo(2);
    assertThat(captured.err()).contains("Unknown flag --prot. Did you mean --port?");
    assertThat(captured.out()).isEmpty();
  }

  @Test
  void anUnknownCommandNamesTheNearest() {
    Captured captured = new Captured(Map.of());
    assertThat(captured.run("verison")).isEqualTo(2);
    assertThat(captured.err()).contains("Unknown command 'verison'. Did you mean version?");
  }

  @Test
  void configurationShowsValueAndOriginAndHidesSecrets() {
    Captured captured = new Captured(Map.of("CAROVANA_API_KEY", "sesame", "CAROVANA_PORT", "81"));
    assertThat(captured.run("config", "show", "--stages", "2", "--output", "json")).isZero();
    var json = Json.read(captured.out());
    assertThat(json.at("/port/value").asText()).isEqualTo("81");
    assertThat(json.at("/port/origin").asText()).isEqualTo("variable CAROVANA_PORT");
    assertThat(json.at("/stages/origin").asText()).isEqualTo("flag --stages");
    assertThat(json.at("/workers/origin").asText()).isEqualTo("default");
    assertThat(captured.out()).doesNotContain("sesame").contains("(hidden)");
  }

  static Stream<List<String>> commands() {
    List<List<String>> all = new ArrayList<>();
    collect(CommandTree.create(new Captured(Map.of()).context()), List.of(), all);
    return all.stream();
  }

  private static void collect(CommandLine command, List<String> words, List<List<String>> all) {
    all.add(words);
    command
        .getSubcommands()
        .forEach(
            (name, subcommand) ->
                collect(subcommand, Stream.concat(words.stream(), Stream.of(name)).toList(), all));
  }

  private static CommandLine commandLine(Captured captured, List<String> words) {
    CommandLine command = CommandTree.create(captured.context());
    for (String word : words) {
      command = java.util.Objects.requireNonNull(command.getSubcommands().get(word));
    }
    return command;
  }

  private static String description(ArgSpec arg) {
    return String.join(" ", arg.description());
  }
}
