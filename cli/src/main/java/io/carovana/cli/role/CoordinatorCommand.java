package io.carovana.cli.role;

import io.carovana.cli.CliContext;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.model.ModelReference;
import io.carovana.coordinator.CoordinatorProcess;
import io.carovana.coordinator.CoordinatorSettings;
import io.carovana.protocol.Failure;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;

/** The coordinator. */
@Command(
    name = "coordinator",
    description =
        "Run a coordinator: it places the model on workers, schedules requests and keeps their"
            + " ledger. Ports: 7350/tcp control, 7351/udp data.")
public final class CoordinatorCommand extends RoleCommand {
  /** Heap of a coordinator: membership, ledger and queues, no weights. */
  static final String JVM_OPTIONS = RoleJvm.options(96, 32);

  /** A command of {@code context}. */
  public CoordinatorCommand(CliContext context) {
    super(context, RoleSettings.Kind.COORDINATOR);
  }

  @Override
  List<Setting> ownFlags() {
    return List.of(
        Setting.MODEL,
        Setting.SERVED_MODEL_NAME,
        Setting.MIN_WORKERS,
        Setting.STAGES,
        Setting.SPLIT,
        Setting.QUANTIZE,
        Setting.KV,
        Setting.CONTEXT,
        Setting.PREFILL_CHUNK,
        Setting.MAX_SEQUENCES,
        Setting.MAX_QUEUE,
        Setting.PREFIX_CACHE,
        Setting.SPECULATION,
        Setting.FENCE_AFTER_MS);
  }

  @Override
  String jvmOptions(Settings settings) {
    return JVM_OPTIONS;
  }

  @Override
  Role start(RoleSettings role) {
    Settings settings = role.settings();
    ModelReference model = ModelReference.of(settings, context.distribution());
    CoordinatorProcess process =
        CoordinatorProcess.start(
            new CoordinatorSettings(
                role.nodeSettings(),
                model.path(),
                settings.text(Setting.SERVED_MODEL_NAME).orElse(model.name()),
                settings.requireText(Setting.QUANTIZE),
                settings.requireText(Setting.KV),
                settings.integer(Setting.CONTEXT).orElse(0),
                settings.requireInteger(Setting.MIN_WORKERS),
                settings.requireInteger(Setting.STAGES),
                settings.ratios(Setting.SPLIT),
                settings.requireInteger(Setting.PREFILL_CHUNK),
                settings.requireInteger(Setting.MAX_SEQUENCES),
                settings.requireInteger(Setting.MAX_QUEUE),
                settings.requireText(Setting.PREFIX_CACHE).equals("on"),
                settings.requireText(Setting.SPECULATION).equals("on"),
                settings.requireInteger(Setting.FENCE_AFTER_MS)));
    return new Role() {
      @Override
      public Optional<Failure> awaitTermination() throws InterruptedException {
        return process.awaitTermination();
      }

      @Override
      public void close() {
        process.close();
      }
    };
  }
}
