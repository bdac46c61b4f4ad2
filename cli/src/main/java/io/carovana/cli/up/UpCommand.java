package io.carovana.cli.up;

import io.carovana.cli.CliContext;
import io.carovana.cli.CliException;
import io.carovana.cli.ExitCode;
import io.carovana.cli.admin.AdminClient;
import io.carovana.cli.aot.AotKeeper;
import io.carovana.cli.aot.AotMode;
import io.carovana.cli.command.SettingsCommand;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.instance.InstanceFolder;
import io.carovana.cli.instance.InstanceState;
import io.carovana.cli.instance.Preflight;
import io.carovana.cli.instance.ProcessIdentity;
import io.carovana.cli.model.Stages;
import io.carovana.cli.role.ApiKeys;
import io.carovana.cli.role.Logging;
import io.carovana.model.shard.TooManyPartsException;
import io.carovana.transport.DriverDirectory;
import io.carovana.transport.DriverSettings;
import io.carovana.transport.MediaDriverHost;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Everything on one machine. */
@Command(
    name = "up",
    description =
        "Start a coordinator, workers and a gateway on this machine, as separate processes on"
            + " loopback. Ctrl-C stops them all.")
public final class UpCommand extends SettingsCommand {
  private static final String LOOPBACK = "127.0.0.1";
  private static final int PROBE_TIMEOUT_MS = 2_000;

  @Option(
      names = "--detach",
      description = "Return when requests are answered; 'carovana down' stops everything.")
  private boolean detach;

  @Option(names = "--supervisor", hidden = true, description = "Be the detached supervisor.")
  private boolean detachedSupervisor;

  /** A command of {@code context}. */
  public UpCommand(CliContext context) {
    super(context);
  }

  @Override
  protected List<Setting> flags() {
    return List.of(
        Setting.MODEL,
        Setting.SERVED_MODEL_NAME,
        Setting.WORKERS,
        Setting.SPLIT,
        Setting.STAGES,
        Setting.PORT,
        Setting.CONTEXT,
        Setting.MEMORY,
        Setting.QUANTIZE,
        Setting.KV,
        Setting.THREADS,
        Setting.PREFILL_CHUNK,
        Setting.MAX_SEQUENCES,
        Setting.MAX_QUEUE,
        Setting.PREFIX_CACHE,
        Setting.SPECULATION,
        Setting.FENCE_AFTER_MS,
        Setting.API_KEY_FILE,
        Setting.MAX_BODY,
        Setting.REQUEST_LIMIT_S,
        Setting.NAME);
  }

  @Override
  protected ExitCode run() throws Exception {
    if (detachedSupervisor) {
      Session.lead();
    }
    Logging.toConsole();
    Settings settings = settings();
    String name = settings.requireText(Setting.NAME);
    InstanceFolder folder = new InstanceFolder(context.home(), name);
    refuse(Preflight.instanceTaken(folder, name));
    refuse(Preflight.portTaken(LOOPBACK, settings.requireInteger(Setting.PORT)));
    if (detach) {
      return new DetachedStart(context, folder, this::progress)
          .run(
              supervisorArguments(),
              state -> announce(settings, state.url(), state.supervisor().pid()));
    }
    Optional<FileChannel> lock = folder.tryLock();
    if (lock.isEmpty()) {
      throw new CliException(
          ExitCode.TAKEN, "the instance '" + name + "' is being started or stopped already.");
    }
    try (FileChannel held = lock.get()) {
      return supervise(settings, folder);
    }
  }

  private List<String> supervisorArguments() {
    List<String> arguments = new ArrayList<>(originalArguments());
    arguments.removeIf(argument -> argument.startsWith("--detach"));
    arguments.add("--supervisor");
    return arguments;
  }

  private static void refuse(Optional<String> problem) {
    if (problem.isPresent()) {
      throw new CliException(ExitCode.TAKEN, problem.get());
    }
  }

  private ExitCode supervise(Settings settings, InstanceFolder folder)
      throws IOException, InterruptedException {
    folder.create();
    StaleInstance.clear(folder, this::progress);
    UpSizing sizing = sizing(settings);
    sizing.notes().forEach(this::progress);

    int workers = settings.requireInteger(Setting.WORKERS);
    int stages = settings.requireInteger(Setting.STAGES);
    DriverDirectory aeron =
        DriverDirectory.choose(
            settings.requireText(Setting.NAME),
            DriverSettings.requiredSharedMemoryBytes(Collections.nCopies(stages, workers / stages)),
            folder.path());
    UpPlan plan =
        new UpPlan(
            settings,
            sizing.model(),
            sizing.context(),
            Collections.nCopies(workers, sizing.workerBytes()),
            sizing.threads(),
            folder,
            aeron.path(),
            Ports.free(workers + 2));
    String url = "http://" + LOOPBACK + ":" + settings.requireInteger(Setting.PORT);
    AotKeeper aot = new AotKeeper(context, folder.logs(), Ports::one);
    Supervisor supervisor =
        new Supervisor(
            plan.children(),
            new Supervisor.Surroundings(
                context.launcher(),
                secrets(settings),
                folder,
                url,
                aeron.path().toString(),
                AotMode.of(context.environment()).stopMs()),
            new HttpProbe(new AdminClient(url, ApiKeys.first(settings), PROBE_TIMEOUT_MS)),
            this::progress,
            () -> {
              announce(settings, url, ProcessHandle.current().pid());
              aot.begin();
            });
    Signals.handle(supervisor::signal, Signals.INTERRUPT, Signals.TERMINATE, Signals.HANG_UP);
    if (AotMode.of(context.environment()) == AotMode.RECORD) {
      endWithInput(supervisor);
    }
    // Before there is anything to clean up, so that a kill at any moment leaves word of it.
    folder.write(
        new InstanceState(
            InstanceState.STARTING,
            url,
            aeron.path().toString(),
            ProcessIdentity.self(),
            Map.of()));
    try (aot;
        MediaDriverHost driver = MediaDriverHost.start(aeron.path())) {
      return supervisor.run();
    } finally {
      folder.clear();
      progress("Stopped");
    }
  }

  private UpSizing sizing(Settings settings) {
    try {
      return UpSizing.of(settings, context.distribution());
    } catch (TooManyPartsException e) {
      int stages = settings.requireInteger(Setting.STAGES);
      String most = "--workers " + e.most() * stages;
      throw Stages.tooMany(e, "--workers", stages == 1 ? most : most + " with --stages " + stages);
    }
  }

  /** Whoever has it recorded holds the other end, and may be killed. */
  private static void endWithInput(Supervisor supervisor) {
    Thread.ofPlatform()
        .name("input")
        .daemon(true)
        .start(
            () -> {
              try {
                System.in.transferTo(OutputStream.nullOutputStream());
              } catch (IOException e) {
                // an input that cannot be read is at its end
              }
              supervisor.signal(Signals.TERMINATE);
            });
  }

  /** The gateway reads the key from its environment; on a command line everybody could. */
  private static Map<String, String> secrets(Settings settings) {
    Map<String, String> secrets = new HashMap<>();
    settings.text(Setting.API_KEY).ifPresent(key -> secrets.put(Setting.API_KEY.variable(), key));
    return secrets;
  }

  private void announce(Settings settings, String url, long pid) {
    if (detachedSupervisor) {
      return; // whoever started it waits and says so
    }
    Greeting greeting =
        new Greeting(
            settings.requireText(Setting.NAME),
            url,
            pid,
            ApiKeys.first(settings).isPresent(),
            Greeting.proxied(context.environment()),
            detach);
    result(greeting.json(), greeting.text());
  }
}
