package io.carovana.cli.up;

import io.carovana.cli.CliException;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.model.FitCheck;
import io.carovana.cli.model.MachineMemory;
import io.carovana.cli.model.ModelReference;
import io.carovana.cli.model.Stages;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.memory.ByteSize;
import io.carovana.model.memory.FitReport;
import io.carovana.model.memory.KvDemand;
import io.carovana.model.memory.NodeMemory;
import io.carovana.model.memory.RankMemory;
import io.carovana.model.quant.Precision;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.tokenizer.TokenizerLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * How large an instance on this machine is.
 *
 * @param model what is served
 * @param context longest sequence, tokens
 * @param workerBytes what each worker takes for weights, KV cache and workspace
 * @param threads compute threads of each worker
 * @param notes what the operator should know before loading
 */
record UpSizing(
    ModelReference model, int context, long workerBytes, int threads, List<String> notes) {
  /** Supervisor with media driver, coordinator and gateway. */
  private static final long OTHER_PROCESSES_BYTES = 560L << 20;

  private static final long ROUND_BYTES = 1L << 20;

  UpSizing {
    notes = List.copyOf(notes);
  }

  /**
   * Works it out from the settings, the model's header and what is free.
   *
   * @throws CliException with {@link ExitCode#DOES_NOT_FIT}
   * @throws io.carovana.model.files.ModelException if the model or its tokenizer cannot be used
   */
  static UpSizing of(Settings settings, Path distribution) {
    String reference = settings.requireText(Setting.MODEL);
    try (ModelFiles files = ModelReference.open(reference, distribution)) {
      TokenizerLoader.load(files.tokenizer()); // the coordinator would refuse it minutes later
      ShardPlan plan = ShardPlan.of(files.config(), Stages.weights(settings));
      int stepTokens =
          settings.requireInteger(Setting.PREFILL_CHUNK)
              + settings.requireInteger(Setting.MAX_SEQUENCES);
      Precision precision = FitCheck.precision(settings);
      long free = Math.max(0, MachineMemory.freeBytes() - OTHER_PROCESSES_BYTES);
      Optional<Long> memory = settings.size(Setting.MEMORY);
      FitCheck check = new FitCheck(files, plan, nodes(plan, free, memory), precision, stepTokens);
      FitReport report = check.require(context(settings, files), command(settings), settings);
      List<RankMemory> ranks =
          plan.ranks().stream()
              .map(rank -> RankMemory.of(files, plan, rank, precision, stepTokens))
              .toList();
      int requests = requests(ranks, report.context(), free);
      List<String> notes = new ArrayList<>(FitCheck.notes(files, report));
      if (memory.isEmpty()) {
        notes.add(roomNote(report.context(), requests));
      }
      return new UpSizing(
          ModelReference.of(reference, files),
          report.context(),
          memory.orElse(needed(ranks, report.context(), requests)),
          threads(settings),
          notes);
    }
  }

  /** Bytes of each worker so that every one has enough, in whole MiB. */
  private static long needed(List<RankMemory> ranks, int context, int requests) {
    KvDemand demand = new KvDemand(context, requests);
    long needed =
        ranks.stream()
            .mapToLong(rank -> rank.weights() + rank.kvBytes(demand) + rank.workspace())
            .max()
            .orElse(0);
    return (needed / ROUND_BYTES + 2) * ROUND_BYTES;
  }

  /** Requests of the whole context that the KV cache holds: two where half of the memory does. */
  private static int requests(List<RankMemory> ranks, int context, long free) {
    long each = needed(ranks, context, 2) + FitCheck.PER_RANK_BYTES;
    return ranks.size() * each <= free / 2 ? 2 : 1;
  }

  private static String roomNote(int context, int requests) {
    return "The KV cache holds %d tokens: %s as long as the context, or more that are shorter. --memory gives it more."
        .formatted((long) context * requests, requests == 1 ? "one request" : "two requests");
  }

  /**
   * One machine; where the operator gave each worker its memory, each is a machine of that size.
   */
  private static List<NodeMemory> nodes(ShardPlan plan, long free, Optional<Long> memory) {
    if (memory.isEmpty()) {
      return FitCheck.onOneMachine(plan, free);
    }
    long each = memory.get();
    int ranks = plan.ranks().size();
    long together = Math.multiplyExact(ranks, each + FitCheck.PER_RANK_BYTES);
    if (together > free) {
      throw new CliException(
          ExitCode.DOES_NOT_FIT,
          "%d workers of %s need %s with their processes, and %s are free. Give each less with --memory."
              .formatted(
                  ranks, ByteSize.format(each), ByteSize.format(together), ByteSize.format(free)));
    }
    return IntStream.range(0, ranks)
        .mapToObj(
            rank ->
                new NodeMemory(
                    "worker-" + (rank + 1), each + FitCheck.PER_RANK_BYTES, List.of(rank)))
        .toList();
  }

  /** The demo model is to stay small; any other gets what fits unless the operator says less. */
  private static OptionalInt context(Settings settings, ModelFiles files) {
    Optional<Integer> asked = settings.integer(Setting.CONTEXT);
    if (asked.isEmpty() && settings.requireText(Setting.MODEL).equals(ModelReference.DEMO)) {
      return OptionalInt.of(files.config().maxPositions());
    }
    return asked.map(OptionalInt::of).orElse(OptionalInt.empty());
  }

  private static int threads(Settings settings) {
    int workers = settings.requireInteger(Setting.WORKERS);
    return settings
        .integer(Setting.THREADS)
        .orElse(Math.max(1, Runtime.getRuntime().availableProcessors() / workers));
  }

  private static String command(Settings settings) {
    String reference = settings.requireText(Setting.MODEL);
    return "carovana up" + (reference.equals(ModelReference.DEMO) ? "" : " --model " + reference);
  }
}
