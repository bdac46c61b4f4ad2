package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.ConfigException;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.model.MachineMemory;
import io.carovana.cli.model.ModelReference;
import io.carovana.cli.role.Logging;
import io.carovana.model.files.ModelFiles;
import io.carovana.worker.local.GenerateRequest;
import io.carovana.worker.local.GenerateResult;
import io.carovana.worker.local.LocalGenerator;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Speed of a model in one process. */
@Command(
    name = "bench",
    description =
        "Measure prefill and decode in this process: random prompt, greedy, one request, after one"
            + " unmeasured run.")
final class BenchCommand extends SettingsCommand {
  private static final long PROMPT_SEED = 1;
  private static final int WARM_UP_TOKENS = 32;

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      defaultValue = "512",
      description = "Tokens of the prompt (default: 512).")
  private int promptTokens = 512;

  @Option(
      names = "--new-tokens",
      paramLabel = "N",
      defaultValue = "128",
      description = "Tokens to generate (default: 128).")
  private int newTokens = 128;

  @Mixin private LocalRun local = new LocalRun();

  BenchCommand(CliContext context) {
    super(context);
  }

  @Override
  protected List<Setting> flags() {
    return LocalRun.FLAGS;
  }

  @Override
  protected ExitCode run() throws IOException {
    Logging.toConsole();
    if (promptTokens < 1 || newTokens < 2) {
      throw new ConfigException("--prompt-tokens must be at least 1 and --new-tokens at least 2.");
    }
    Settings settings = settings();
    String reference = settings.requireText(Setting.MODEL);
    int context = settings.integer(Setting.CONTEXT).orElse(promptTokens + newTokens);
    try (ModelFiles files = ModelReference.open(reference, this.context.distribution());
        LocalGenerator generator =
            local.open(
                files,
                settings,
                local.options(settings, context),
                "carovana bench --model " + reference,
                this::progress)) {
      int[] prompt = randomPrompt(files.config().vocabSize());
      generator.generate(
          GenerateRequest.greedy(prompt, Math.min(newTokens, WARM_UP_TOKENS), Set.of()));
      GenerateResult result =
          generator.generate(
              new GenerateRequest(prompt, newTokens, Set.of(), 0, 1, 0, 0, false, 0, false, false));
      report(generator, result, local.options(settings, context).threads());
    }
    return ExitCode.OK;
  }

  private int[] randomPrompt(int vocabSize) {
    return new Random(PROMPT_SEED).ints(promptTokens, 0, vocabSize).toArray();
  }

  private void report(LocalGenerator generator, GenerateResult result, int threads)
      throws IOException {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("prefill_tokens_per_s", round(result.timings().prefillTokensPerSecond()));
    json.put("decode_tokens_per_s", round(result.timings().decodeTokensPerSecond()));
    json.put("load_s", round(generator.loadSeconds()));
    json.put("peak_rss_mb", MachineMemory.peakResidentBytes() >> 20);
    json.put("prompt_tokens", promptTokens);
    json.put("new_tokens", newTokens);
    json.put("threads", threads);
    json.put("ranks", generator.cluster().shards().size());
    json.put("kv", generator.kv().id());
    json.put("kernel", generator.kernel());
    StringBuilder text = new StringBuilder();
    json.forEach((key, value) -> text.append(String.format(Locale.ROOT, "%-22s %s%n", key, value)));
    result(json, text.toString());
  }

  private static double round(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
