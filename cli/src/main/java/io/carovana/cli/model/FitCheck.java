package io.carovana.cli.model;

import io.carovana.cli.CliException;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.role.RoleJvm;
import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.Int4Matrix;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.memory.FitPlanner;
import io.carovana.model.memory.FitReport;
import io.carovana.model.memory.NodeMemory;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.ShardPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Whether a placed model fits, and with how long a context.
 *
 * @param files the model
 * @param plan its cut into ranks
 * @param nodes where the ranks are
 * @param precision what weights and KV cache are held in
 * @param maxStepTokens rows of the largest step
 */
public record FitCheck(
    ModelFiles files,
    ShardPlan plan,
    List<NodeMemory> nodes,
    Precision precision,
    int maxStepTokens) {

  /** Beside weights, KV cache and workspace, per rank. */
  public static final long PER_RANK_BYTES =
      RoleJvm.WORKER_EXTRA_HEAP_BYTES + RoleJvm.JVM_OVERHEAD_BYTES;

  /** The precision the settings ask for. */
  public static Precision precision(Settings settings) {
    String weights = settings.requireText(Setting.QUANTIZE);
    String kv = settings.requireText(Setting.KV);
    return new Precision(
        Objects.requireNonNull(Quantization.ofId(weights), weights),
        Objects.requireNonNull(KvProfile.ofId(kv), kv));
  }

  /** All ranks of {@code plan} on one machine with {@code freeBytes}. */
  public static List<NodeMemory> onOneMachine(ShardPlan plan, long freeBytes) {
    List<Integer> ranks = IntStream.range(0, plan.ranks().size()).boxed().toList();
    return List.of(new NodeMemory("this machine", freeBytes, ranks));
  }

  /** The report for the wanted context, or for the longest that fits. */
  public FitReport report(OptionalInt wanted) {
    FitPlanner planner = new FitPlanner(files, plan, nodes, maxStepTokens, PER_RANK_BYTES);
    int context =
        wanted.orElseGet(() -> Math.max(FitPlanner.MIN_CONTEXT, planner.largestContext(precision)));
    return planner.report(precision, context);
  }

  /**
   * What an operator should know of a model that is about to be loaded, a sentence each: its
   * memory, and what is unusual about its weights and its context.
   */
  public static List<String> notes(ModelFiles files, FitReport report) {
    List<String> notes = new ArrayList<>();
    notes.add("Memory: " + report.line());
    widthNote(files).ifPresent(notes::add);
    contextNote(files.config(), report.context()).ifPresent(notes::add);
    return notes;
  }

  /** Says so if 4-bit matrices take 8 bits a weight in memory. */
  public static Optional<String> widthNote(ModelFiles files) {
    List<Int4Matrix> matrices =
        files.tensors().stream()
            .filter(Int4Matrix.class::isInstance)
            .map(Int4Matrix.class::cast)
            .toList();
    long widened = matrices.stream().filter(matrix -> !files.isSymmetric(matrix)).count();
    return widened == 0
        ? Optional.empty()
        : Optional.of(
            "%d of %d 4-bit matrices have zero points other than 8 and take 8 bits a weight in memory."
                .formatted(widened, matrices.size()));
  }

  /** Says so if {@code context} is longer than the model was made for. */
  public static Optional<String> contextNote(ModelConfig config, int context) {
    int trained = config.maxPositions();
    return context <= trained
        ? Optional.empty()
        : Optional.of(
            "The context of %d tokens is longer than the %d this model was made for; it may lose the thread."
                .formatted(context, trained));
  }

  /**
   * The same, refused when it does not fit.
   *
   * @param command what the proposals are options of, such as {@code carovana up}
   * @param settings whose other flags the proposals repeat
   * @throws CliException with {@link ExitCode#DOES_NOT_FIT}
   */
  public FitReport require(OptionalInt wanted, String command, Settings settings) {
    FitReport report = report(wanted);
    if (!report.fits()) {
      StringBuilder message = new StringBuilder("it does not fit: ").append(report.line());
      for (String proposal : report.proposals()) {
        message.append("\n  fits:  ").append(settings.withGivenFlags(command + " " + proposal));
      }
      if (report.proposals().isEmpty()) {
        message.append("\nNothing smaller of this model fits; add machines or memory.");
      }
      throw new CliException(ExitCode.DOES_NOT_FIT, message.toString());
    }
    return report;
  }
}
