package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** Configuration. */
@Command(name = "config", description = "Show the configuration.")
final class ConfigCommand extends GroupCommand {
  ConfigCommand(CliContext context) {
    super(context);
  }

  /** Every setting with where its value comes from. */
  @Command(
      name = "show",
      description =
          "Show every setting with its value and origin: flag, CAROVANA_* variable, file, profile"
              + " or default.")
  static final class Show extends SettingsCommand {
    private static final String UNSET = "(worked out at start)";

    Show(CliContext context) {
      super(context);
    }

    @Override
    protected List<Setting> flags() {
      return Arrays.stream(Setting.values()).filter(Setting::hasFlag).toList();
    }

    @Override
    protected ExitCode run() {
      Settings settings = settings();
      Map<String, Object> json = new LinkedHashMap<>();
      StringBuilder text = new StringBuilder();
      for (Setting setting : Setting.values()) {
        var entry = settings.entry(setting);
        String value = entry.map(e -> setting.secret() ? "(hidden)" : e.text()).orElse(null);
        String origin = entry.map(Settings.Entry::origin).orElse("unset");
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("value", value);
        row.put("origin", origin);
        json.put(setting.key(), row);
        text.append(
            "%-24s %-28s %s%n".formatted(setting.key(), value == null ? UNSET : value, origin));
      }
      result(json, text.toString());
      return ExitCode.OK;
    }
  }
}
