package io.carovana.cli.role;

import io.carovana.cli.CliContext;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.model.MachineMemory;
import io.carovana.cli.model.ModelReference;
import io.carovana.protocol.Failure;
import io.carovana.worker.WorkerProcess;
import io.carovana.worker.WorkerSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;

/** A worker. */
@Command(
    name = "worker",
    description =
        "Run a worker: it holds a shard of the weights and computes its part of every step. Model,"
            + " quantization and context come from the coordinator; --model only says where this"
            + " machine has the same files. Ports: 7360/tcp control, 7361/udp data.")
public final class WorkerCommand extends RoleCommand {
  /** A worker by itself takes this much of what is free when nobody says. */
  private static final double SHARE_OF_FREE = 0.8;

  /** A command of {@code context}. */
  public WorkerCommand(CliContext context) {
    super(context, RoleSettings.Kind.WORKER);
  }

  @Override
  List<Setting> ownFlags() {
    return List.of(Setting.MODEL, Setting.MEMORY, Setting.THREADS);
  }

  @Override
  String jvmOptions(Settings settings) {
    return RoleJvm.workerOptions(memoryBytes(settings));
  }

  private static long memoryBytes(Settings settings) {
    return settings
        .size(Setting.MEMORY)
        .orElseGet(() -> (long) (MachineMemory.freeBytes() * SHARE_OF_FREE));
  }

  @Override
  Role start(RoleSettings role) {
    Settings settings = role.settings();
    Path model =
        settings.isExplicit(Setting.MODEL)
            ? ModelReference.of(settings, context.distribution()).path()
            : null;
    int threads =
        settings.integer(Setting.THREADS).orElse(Runtime.getRuntime().availableProcessors());
    WorkerProcess process =
        WorkerProcess.start(
            new WorkerSettings(role.nodeSettings(), model, memoryBytes(settings), threads));
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
