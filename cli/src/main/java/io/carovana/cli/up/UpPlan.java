package io.carovana.cli.up;

import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.instance.InstanceFolder;
import io.carovana.cli.model.ModelReference;
import io.carovana.cli.role.RoleJvm;
import io.carovana.cli.up.ChildSpec.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The processes of an instance and what they are started with. Pure.
 *
 * @param settings of {@code up}
 * @param model what is served
 * @param context longest sequence, tokens
 * @param workerBytes what each worker takes for weights, KV cache and workspace, {@code [workers]}
 * @param threads compute threads of each worker
 * @param folder of the instance
 * @param aeronDir of the media driver
 * @param controlPorts free ports for coordinator, gateway and workers, in this order
 */
record UpPlan(
    Settings settings,
    ModelReference model,
    int context,
    List<Long> workerBytes,
    int threads,
    InstanceFolder folder,
    Path aeronDir,
    List<Integer> controlPorts) {
  private static final String LOOPBACK = "127.0.0.1";

  UpPlan {
    workerBytes = List.copyOf(workerBytes);
    controlPorts = List.copyOf(controlPorts);
  }

  /** In the order they are started. */
  List<ChildSpec> children() {
    List<ChildSpec> children = new ArrayList<>();
    children.add(coordinator());
    for (int worker = 1; worker <= workerBytes.size(); worker++) {
      children.add(worker(worker));
    }
    children.add(gateway());
    return children;
  }

  private ChildSpec coordinator() {
    List<String> arguments = common("coordinator", "coordinator", controlPorts.get(0), 1);
    add(arguments, "--model", model.path());
    add(
        arguments,
        Setting.SERVED_MODEL_NAME.flag(),
        settings.text(Setting.SERVED_MODEL_NAME).orElse(model.name()));
    add(arguments, Setting.MIN_WORKERS.flag(), workerBytes.size());
    add(arguments, Setting.CONTEXT.flag(), context);
    for (Setting setting :
        List.of(
            Setting.STAGES,
            Setting.SPLIT,
            Setting.QUANTIZE,
            Setting.KV,
            Setting.PREFILL_CHUNK,
            Setting.MAX_SEQUENCES,
            Setting.MAX_QUEUE,
            Setting.PREFIX_CACHE,
            Setting.SPECULATION,
            Setting.FENCE_AFTER_MS)) {
      settings.entry(setting).ifPresent(entry -> add(arguments, setting.flag(), entry.text()));
    }
    return new ChildSpec("coordinator", Kind.COORDINATOR, arguments, RoleJvm.coordinatorOptions());
  }

  private ChildSpec worker(int number) {
    String name = "worker-" + number;
    long bytes = workerBytes.get(number - 1);
    List<String> arguments = common("worker", name, controlPorts.get(1 + number), 1 + number);
    add(arguments, Setting.MEMORY.flag(), bytes);
    add(arguments, Setting.THREADS.flag(), threads);
    return new ChildSpec(name, Kind.WORKER, arguments, RoleJvm.workerOptions(bytes));
  }

  private ChildSpec gateway() {
    List<String> arguments = common("gateway", "gateway", controlPorts.get(1), 0);
    for (Setting setting :
        List.of(
            Setting.PORT,
            Setting.SERVED_MODEL_NAME,
            Setting.API_KEY_FILE,
            Setting.MAX_BODY,
            Setting.REQUEST_LIMIT_S)) {
      settings.entry(setting).ifPresent(entry -> add(arguments, setting.flag(), entry.text()));
    }
    return new ChildSpec("gateway", Kind.GATEWAY, arguments, RoleJvm.gatewayOptions());
  }

  private List<String> common(String role, String name, int controlPort, int streamBase) {
    List<String> arguments = new ArrayList<>();
    arguments.add(role);
    arguments.add("--supervised");
    add(arguments, Setting.NODE.flag(), name);
    add(arguments, Setting.BIND.flag(), LOOPBACK);
    add(arguments, Setting.CONTROL_PORT.flag(), controlPort);
    add(arguments, Setting.SEEDS.flag(), LOOPBACK + ":" + controlPorts.get(0));
    add(arguments, "--state-dir", folder.role(name));
    add(arguments, "--log-dir", folder.logs());
    add(arguments, "--aeron-dir", aeronDir);
    add(arguments, "--stream-base", streamBase);
    return arguments;
  }

  private static void add(List<String> arguments, String flag, Object value) {
    arguments.add(flag);
    arguments.add(String.valueOf(value));
  }
}
