package io.carovana.cli.config;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The immutable configuration of one process: every setting's value and where it came from. */
public final class Settings {
  /**
   * One value.
   *
   * @param text as it was written
   * @param value as it was read
   * @param origin where it was written, for people
   */
  public record Entry(String text, Object value, String origin) {}

  private final Map<Setting, Entry> entries;

  Settings(Map<Setting, Entry> entries) {
    this.entries = new EnumMap<>(entries);
  }

  /** The entry; empty when neither written anywhere nor fixed by default. */
  public Optional<Entry> entry(Setting setting) {
    return Optional.ofNullable(entries.get(setting));
  }

  /** Whether somebody set it, rather than the default. */
  public boolean isExplicit(Setting setting) {
    return entry(setting).map(e -> !e.origin().equals(SettingsResolver.DEFAULT)).orElse(false);
  }

  /** A text. */
  public Optional<String> text(Setting setting) {
    return entry(setting).map(e -> (String) e.value());
  }

  /** A whole number. */
  public Optional<Integer> integer(Setting setting) {
    return entry(setting).map(e -> (Integer) e.value());
  }

  /** Bytes. */
  public Optional<Long> size(Setting setting) {
    return entry(setting).map(e -> (Long) e.value());
  }

  /** A switch. */
  public boolean flag(Setting setting) {
    return entry(setting).map(e -> (Boolean) e.value()).orElse(false);
  }

  /** Relative sizes; empty when not given. */
  @SuppressWarnings("unchecked") // SettingType.ratios gives nothing else
  public List<Double> ratios(Setting setting) {
    return entry(setting).map(e -> (List<Double>) e.value()).orElse(List.of());
  }

  /** Addresses; empty when not given. */
  @SuppressWarnings("unchecked") // SettingType.addresses gives nothing else
  public List<String> addresses(Setting setting) {
    return entry(setting).map(e -> (List<String>) e.value()).orElse(List.of());
  }

  /** A text that has a default. */
  public String requireText(Setting setting) {
    return text(setting).orElseThrow(() -> missing(setting));
  }

  /** A number that has a default. */
  public int requireInteger(Setting setting) {
    return integer(setting).orElseThrow(() -> missing(setting));
  }

  /** A file. */
  public Optional<Path> path(Setting setting) {
    return text(setting).map(Path::of);
  }

  /** The same with one value replaced, as if {@code origin} had said so. */
  public Settings with(Setting setting, String text, String origin) {
    Map<Setting, Entry> changed = new EnumMap<>(entries);
    changed.put(setting, new Entry(text, setting.parse(text), origin));
    return new Settings(changed);
  }

  /** {@code command} with the flags of this command line that it does not have already. */
  public String withGivenFlags(String command) {
    List<String> words = List.of(command.split(" "));
    StringBuilder text = new StringBuilder(command);
    entries.forEach(
        (setting, entry) -> {
          boolean given = entry.origin().equals(SettingsResolver.flagOrigin(setting));
          if (given && !words.contains(setting.flag())) {
            text.append(' ').append(setting.flag()).append(' ').append(shellWord(entry.text()));
          }
        });
    return text.toString();
  }

  /** {@code text} as one word of a command line. */
  public static String shellWord(String text) {
    return text.matches("[A-Za-z0-9_./:,=@%+-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  /** Everything, secrets hidden. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    entries.forEach(
        (setting, entry) ->
            text.append(text.isEmpty() ? "" : ", ")
                .append(setting.key())
                .append('=')
                .append(setting.secret() ? "(hidden)" : entry.text()));
    return text.toString();
  }

  private static ConfigException missing(Setting setting) {
    return new ConfigException(setting.flag() + " is needed: " + setting.description());
  }
}
