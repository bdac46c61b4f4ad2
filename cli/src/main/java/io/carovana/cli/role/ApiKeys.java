package io.carovana.cli.role;

import io.carovana.cli.config.ConfigException;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Keys that clients of a gateway show. */
public final class ApiKeys {
  private ApiKeys() {}

  /**
   * Those of the variable and of the file.
   *
   * @throws ConfigException if the file cannot be read or has none
   */
  public static List<String> of(Settings settings) {
    List<String> keys = new ArrayList<>();
    settings.text(Setting.API_KEY).ifPresent(keys::add);
    settings.path(Setting.API_KEY_FILE).ifPresent(file -> keys.addAll(in(file)));
    return keys;
  }

  /** The one the operator's own commands use. */
  public static Optional<String> first(Settings settings) {
    return of(settings).stream().findFirst();
  }

  private static List<String> in(Path file) {
    List<String> keys = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        if (!line.isBlank() && !line.startsWith("#")) {
          keys.add(line.strip());
        }
      }
    } catch (IOException e) {
      throw new ConfigException(
          Files.exists(file)
              ? "Cannot read the API keys in " + file + ": " + e.getMessage()
              : "There is no file " + file + " with API keys (--api-key-file).");
    }
    if (keys.isEmpty()) {
      throw new ConfigException("There is no API key in " + file + ".");
    }
    return keys;
  }
}
