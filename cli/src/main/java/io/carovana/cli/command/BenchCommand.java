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
import io.carovana.model.memory.FitPlanner;
import io.carovana.worker.local.GenerateRequest;
import io.carovana.worker.local.GenerateResult;
import io.carovana.worker.local.GenerateResult.Timings;
import io.carovana.worker.local.LocalGenerator;
import io.carovana.worker.local.LocalOptions;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Speed of a model in one process. */
@Command(
    name = "bench",
    description =
        "Measure prefill and decode in this process: random prompts, greedy, one request or several"
            + " together, after unmeasured runs of some seconds, in which the JIT compilers finish.")
final class BenchCommand extends SettingsCommand {
  private static final long PROMPT_SEED = 1;
  private static final int WARM_UP_TOKENS = 32;
  private static final long WARM_UP_NS = TimeUnit.SECONDS.toNanos(5);
  private static final int MAX_BATCH = 256;

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

  @Option(
      names = "--depth",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Tokens before the prompt. They are not computed: the KV cache is filled with random keys"
              + " and values, so that speeds at late positions can be measured at once. (default: 0)")
  private int depth = 0;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Requests that run together; speeds are those of all of them. Prompts should fit one"
              + " --prefill-chunk together, so that all decode at the same time. (default: 1)")
  private int batch = 1;

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
    if (batch < 1 || batch > MAX_BATCH) {
      throw new ConfigException("--batch must be 1 to " + MAX_BATCH + ", is " + batch + ".");
    }
    if (depth < 0 || (long) depth + promptTokens + newTokens > FitPlanner.MAX_CONTEXT) {
      throw new ConfigException(
          "--depth, --prompt-tokens and --new-tokens must together be at most "
              + FitPlanner.MAX_CONTEXT
              + ".");
    }
    Settings settings = settings();
    String reference = settings.requireText(Setting.MODEL);
    int context = settings.integer(Setting.CONTEXT).orElse(depth + promptTokens + newTokens);
    LocalOptions options = local.options(settings, context).withContext(context, batch);
    try (ModelFiles files = ModelReference.open(reference, this.context.distribution());
        LocalGenerator generator =
            local.open(
                files, settings, options, "carovana bench --model " + reference, this::progress)) {
      if (depth > 0) {
        generator.cluster().shards().forEach(shard -> shard.fillKvCache(PROMPT_SEED));
      }
      List<int[]> prompts = randomPrompts(files.config().vocabSize());
      long end = System.nanoTime() + WARM_UP_NS;
      do {
        generate(generator, prompts, Math.min(newTokens, WARM_UP_TOKENS));
      } while (System.nanoTime() < end);
      report(generator, generate(generator, prompts, newTokens), options.threads());
    }
    return ExitCode.OK;
  }

  private List<int[]> randomPrompts(int vocabSize) {
    Random random = new Random(PROMPT_SEED);
    return Stream.generate(() -> random.ints(depth + promptTokens, 0, vocabSize).toArray())
        .limit(batch)
        .toList();
  }

  private List<Timings> generate(LocalGenerator generator, List<int[]> prompts, int newTokens) {
    return generator
        .generateAt(
            depth,
            prompts.stream()
                .map(
                    prompt ->
                        new GenerateRequest(
                            prompt, newTokens, Set.of(), 0, 1, 0, 0, false, 0, false, false))
                .toList())
        .stream()
        .map(GenerateResult::timings)
        .toList();
  }

  private void report(LocalGenerator generator, List<Timings> timings, int threads)
      throws IOException {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put(
        "prefill_tokens_per_s",
        perSecond(timings, Timings::prefillTokens, Timings::prefillSeconds));
    json.put(
        "decode_tokens_per_s", perSecond(timings, Timings::decodeTokens, Timings::decodeSeconds));
    json.put("load_s", round(generator.loadSeconds()));
    json.put("peak_rss_mb", MachineMemory.peakResidentBytes() >> 20);
    json.put("prompt_tokens", promptTokens);
    json.put("new_tokens", newTokens);
    json.put("depth", depth);
    json.put("batch", batch);
    json.put("threads", threads);
    json.put("ranks", generator.cluster().shards().size());
    json.put("kv", generator.kv().id());
    json.put("kernel", generator.kernel());
    StringBuilder text = new StringBuilder();
    json.forEach((key, value) -> text.append(String.format(Locale.ROOT, "%-22s %s%n", key, value)));
    result(json, text.toString());
  }

  /** All tokens over the longest time. */
  private static double perSecond(
      List<Timings> timings, ToIntFunction<Timings> tokens, ToDoubleFunction<Timings> seconds) {
    double longest = timings.stream().mapToDouble(seconds).max().orElse(0);
    return longest == 0 ? 0 : round(timings.stream().mapToInt(tokens).sum() / longest);
  }

  private static double round(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
