package io.carovana.cli.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException.BadPath;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Puts flags, variables, files and defaults together; whatever it does not know it refuses. */
public final class SettingsResolver {
  /** Origin of a value nobody set. */
  public static final String DEFAULT = "default";

  /** Variables with another meaning than a setting. */
  public static final Set<String> OTHER_VARIABLES =
      Set.of(
          "CAROVANA_CONFIG",
          "CAROVANA_PROFILE",
          "CAROVANA_AOT_CACHE",
          "CAROVANA_HOME",
          "CAROVANA_JAVA_HOME",
          "CAROVANA_JVM_OPTIONS",
          "CAROVANA_ROLE_JVM_OPTIONS",
          "CAROVANA_DOWNLOAD_JDK");

  private final Map<String, String> environment;
  private final Path profiles;

  /**
   * A resolver.
   *
   * @param environment the process's environment
   * @param profiles folder of the profiles, {@code configs} of the distribution
   */
  public SettingsResolver(Map<String, String> environment, Path profiles) {
    this.environment = environment;
    this.profiles = profiles;
  }

  /**
   * The settings of this process.
   *
   * @param flags what the command line says
   * @param configFile {@code --config}, null when not given
   * @param profile {@code --profile}, null when not given
   * @throws ConfigException naming what is unknown or wrong
   */
  public Settings resolve(
      Map<Setting, String> flags, @Nullable String configFile, @Nullable String profile) {
    Map<Setting, Settings.Entry> entries = new EnumMap<>(Setting.class);
    for (Setting setting : Setting.values()) {
      setting.defaultText().ifPresent(text -> put(entries, setting, text, DEFAULT));
    }
    String profileName = profile != null ? profile : environment.get("CAROVANA_PROFILE");
    if (profileName != null && !profileName.isEmpty()) {
      putFile(entries, profileFile(profileName), "profile " + profileName);
    }
    String file = configFile != null ? configFile : environment.get("CAROVANA_CONFIG");
    if (file != null && !file.isEmpty()) {
      putFile(entries, Path.of(file), file);
    }
    putEnvironment(entries);
    flags.forEach((setting, text) -> put(entries, setting, text, flagOrigin(setting)));
    return new Settings(entries);
  }

  /** Origin of a value of the command line. */
  static String flagOrigin(Setting setting) {
    return "flag " + setting.flag();
  }

  private Path profileFile(String name) {
    Path file = profiles.resolve(name + ".conf");
    if (name.matches("[A-Za-z0-9_-]+") && Files.isRegularFile(file)) {
      return file;
    }
    List<String> known = profileNames();
    throw new ConfigException(
        "There is no profile "
            + name
            + "; there are "
            + String.join(", ", known)
            + "."
            + Nearest.hint(name, known));
  }

  private List<String> profileNames() {
    try (Stream<Path> files = Files.list(profiles)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".conf") && !file.equals("reference.conf"))
          .map(file -> file.substring(0, file.length() - ".conf".length()))
          .sorted()
          .toList();
    } catch (java.io.IOException e) {
      return List.of();
    }
  }

  private void putEnvironment(Map<Setting, Settings.Entry> entries) {
    Map<String, Setting> variables = new TreeMap<>();
    for (Setting setting : Setting.values()) {
      variables.put(setting.variable(), setting);
    }
    for (var variable : new TreeMap<>(environment).entrySet()) {
      String name = variable.getKey();
      if (!name.startsWith("CAROVANA_") || OTHER_VARIABLES.contains(name)) {
        continue;
      }
      Setting setting = variables.get(name);
      if (setting == null) {
        Set<String> known =
            Stream.concat(variables.keySet().stream(), OTHER_VARIABLES.stream())
                .collect(Collectors.toSet());
        throw new ConfigException("Unknown variable " + name + "." + Nearest.hint(name, known));
      }
      if (!variable.getValue().isEmpty()) {
        put(entries, setting, variable.getValue(), "variable " + name);
      }
    }
  }

  private static void putFile(Map<Setting, Settings.Entry> entries, Path file, String origin) {
    if (!Files.isRegularFile(file)) {
      throw new ConfigException("There is no configuration file " + file + ".");
    }
    Config config;
    try {
      config =
          ConfigFactory.parseFile(
                  file.toFile(), ConfigParseOptions.defaults().setSyntax(ConfigSyntax.CONF))
              .resolve(ConfigResolveOptions.noSystem());
    } catch (com.typesafe.config.ConfigException e) {
      throw new ConfigException("Cannot read " + file + ": " + e.getMessage());
    }
    for (var entry : config.root().entrySet()) {
      String key = keyOf(entry.getKey());
      Setting setting =
          Setting.byKey(key)
              .orElseThrow(
                  () ->
                      new ConfigException(
                          "Unknown key "
                              + key
                              + " in "
                              + file
                              + line(entry.getValue())
                              + "."
                              + Nearest.hint(key, Setting.keys())));
      put(
          entries,
          setting,
          textOf(entry.getValue(), setting, file),
          origin + line(entry.getValue()));
    }
  }

  private static String keyOf(String raw) {
    try {
      return String.join(".", ConfigUtil.splitPath(raw));
    } catch (BadPath e) {
      return raw;
    }
  }

  private static String line(ConfigValue value) {
    int line = value.origin().lineNumber();
    return line > 0 ? " line " + line : "";
  }

  private static String textOf(ConfigValue value, Setting setting, Path file) {
    if (value.valueType() == ConfigValueType.LIST) {
      List<String> parts = new ArrayList<>();
      for (Object part : (List<?>) value.unwrapped()) {
        parts.add(String.valueOf(part));
      }
      return String.join(",", parts);
    }
    if (value.valueType() == ConfigValueType.OBJECT || value.valueType() == ConfigValueType.NULL) {
      throw new ConfigException(
          setting.key()
              + " in "
              + file
              + line(value)
              + " is "
              + value.render(ConfigRenderOptions.concise())
              + "; a plain value is expected.");
    }
    return String.valueOf(value.unwrapped());
  }

  private static void put(
      Map<Setting, Settings.Entry> entries, Setting setting, String text, String origin) {
    try {
      entries.put(setting, new Settings.Entry(text, setting.parse(text), origin));
    } catch (IllegalArgumentException e) {
      String shown = setting.secret() ? "" : " '" + text + "'";
      throw new ConfigException(
          setting.key() + shown + " (" + origin + ") " + e.getMessage() + ".");
    }
  }
}
