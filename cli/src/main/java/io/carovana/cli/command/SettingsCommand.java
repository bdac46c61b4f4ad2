package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.config.SettingsResolver;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A command with settings: flags, variables, files and defaults. */
public abstract class SettingsCommand extends BaseCommand {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file; configs/reference.conf explains every key.")
  private @Nullable String configFile;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description = "Profile of the distribution's configs folder, such as laptop or lan.")
  private @Nullable String profile;

  /** A command of {@code context}. */
  protected SettingsCommand(CliContext context) {
    super(context);
  }

  /** The settings it takes as flags. */
  protected abstract List<Setting> flags();

  /** Gives {@code spec} a flag for each of {@link #flags()}. */
  final void addFlags(CommandSpec spec) {
    for (Setting setting : flags()) {
      OptionSpec.Builder option =
          OptionSpec.builder(setting.flag())
              .description(
                  setting.description()
                      + setting
                          .defaultText()
                          .filter(text -> !setting.isSwitch())
                          .map(text -> " (default: " + text + ")")
                          .orElse(""));
      if (setting.isSwitch()) {
        option.arity("0..1").fallbackValue("true").type(String.class).paramLabel("true|false");
      } else {
        option.arity("1").type(String.class).paramLabel(setting.label());
      }
      spec.addOption(option.build());
    }
  }

  /** The settings of this process. */
  protected Settings settings() {
    Map<Setting, String> flags = new EnumMap<>(Setting.class);
    if (spec != null) {
      var parsed = spec.commandLine().getParseResult();
      for (Setting setting : flags()) {
        String text = parsed.matchedOptionValue(setting.flag(), null);
        if (text != null) {
          flags.put(setting, text);
        }
      }
    }
    return new SettingsResolver(context.environment(), context.profiles())
        .resolve(flags, configFile, profile);
  }

  /** The command line as it was written, this command's name included. */
  protected List<String> originalArguments() {
    return spec == null ? List.of() : spec.root().commandLine().getParseResult().originalArgs();
  }
}
