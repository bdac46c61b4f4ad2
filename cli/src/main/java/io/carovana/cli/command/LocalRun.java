package io.carovana.cli.command;

import io.carovana.cli.config.ConfigException;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.model.FitCheck;
import io.carovana.cli.model.MachineMemory;
import io.carovana.cli.model.Stages;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.memory.FitReport;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.shard.TooManyPartsException;
import io.carovana.worker.local.LocalGenerator;
import io.carovana.worker.local.LocalOptions;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A model in this process: how it is cut, checked and opened, for generate and bench. */
final class LocalRun {
  /** Settings these commands take as flags. */
  static final List<Setting> FLAGS =
      List.of(
          Setting.MODEL,
          Setting.SPLIT,
          Setting.STAGES,
          Setting.QUANTIZE,
          Setting.KV,
          Setting.CONTEXT,
          Setting.PREFILL_CHUNK,
          Setting.THREADS);

  @Option(
      names = "--ranks",
      paramLabel = "N",
      description =
          "Tensor-parallel ranks of each stage, in this process (default: 1, or as many as --split"
              + " names). Any number gives the same bits.")
  private @Nullable Integer ranks;

  @Option(
      names = "--kernel",
      paramLabel = "auto|vnni|vector|scalar",
      defaultValue = "auto",
      description =
          "Kernels to compute with: vnni is machine code for AVX-512 VNNI, vector the JDK's vectors"
              + " at any width, auto the fastest that runs here (default: auto). Any gives the same"
              + " bits.")
  private String kernel = "auto";

  /** How the settings cut and run a model. */
  LocalOptions options(Settings settings, int context) {
    List<Double> split = settings.ratios(Setting.SPLIT);
    int count = ranks != null ? ranks : Math.max(1, split.size());
    if (count < 1) {
      throw new ConfigException("--ranks must be at least 1, is " + ranks + ".");
    }
    int threads =
        settings
            .integer(Setting.THREADS)
            .orElse(Math.max(1, Runtime.getRuntime().availableProcessors() / count));
    return new LocalOptions(
        count,
        split,
        settings.requireInteger(Setting.STAGES),
        threads,
        settings.requireInteger(Setting.PREFILL_CHUNK),
        context,
        1,
        FitCheck.precision(settings),
        kernel);
  }

  /** Says what it takes, refuses what does not fit, and loads it. */
  LocalGenerator open(
      ModelFiles files,
      Settings settings,
      LocalOptions options,
      String command,
      Consumer<String> progress) {
    ShardPlan plan = plan(files, options);
    FitReport report =
        new FitCheck(
                files,
                plan,
                FitCheck.onOneMachine(plan, MachineMemory.freeBytes()),
                FitCheck.precision(settings),
                options.prefillChunk() + options.maxSequences())
            .require(OptionalInt.of(options.context()), command, settings);
    FitCheck.notes(files, report).forEach(progress);
    return LocalGenerator.open(files, options);
  }

  private ShardPlan plan(ModelFiles files, LocalOptions options) {
    try {
      return LocalGenerator.plan(files.config(), options);
    } catch (TooManyPartsException e) {
      throw ranks == null
          ? Stages.tooMany(e, "--split", e.most() + " numbers in --split")
          : Stages.tooMany(e, "--ranks", "--ranks " + e.most());
    }
  }
}
