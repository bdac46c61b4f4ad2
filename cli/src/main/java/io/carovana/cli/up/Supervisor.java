package io.carovana.cli.up;

import io.carovana.cli.ExitCode;
import io.carovana.cli.instance.InstanceFolder;
import io.carovana.cli.instance.InstanceState;
import io.carovana.cli.instance.ProcessIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts the processes of an instance, starts again what dies, and stops all of them in order. One
 * thread does it all; deaths and signals reach it as events.
 */
final class Supervisor {
  /** Between two questions to a gateway that is not ready. */
  private static final long PROBE_EVERY_MS = 200;

  private static final long KILL_MS = 5_000;

  private sealed interface Event {
    record Died(Child child) implements Event {}

    record Signalled(String name) implements Event {}
  }

  /** A process and its fate. */
  private static final class Slot {
    final ChildSpec spec;
    final RestartPolicy policy = new RestartPolicy();
    volatile @Nullable Child child;
    @Nullable ProcessIdentity identity;
    long startAtMs;

    Slot(ChildSpec spec) {
      this.spec = spec;
    }
  }

  /**
   * What the supervisor works with.
   *
   * @param launcher of the processes
   * @param environment variables for all of them
   * @param folder of the instance
   * @param url of the gateway
   * @param aeronDir of the media driver
   * @param stopMs how long a process may take to end when it is asked to
   */
  record Surroundings(
      Path launcher,
      Map<String, String> environment,
      InstanceFolder folder,
      String url,
      String aeronDir,
      long stopMs) {
    Surroundings {
      environment = Map.copyOf(environment);
    }
  }

  private final Surroundings surroundings;
  private final GatewayProbe probe;
  private final Consumer<String> progress;
  private final Runnable onServing;
  private final LoadingLines loading = new LoadingLines();
  private final List<Slot> slots = new ArrayList<>();
  private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();

  private String phase = InstanceState.STARTING;
  private boolean announced;
  private boolean ready;
  private volatile boolean stopping;

  /**
   * A supervisor.
   *
   * @param specs the processes, in the order they are started
   * @param progress told what happens, for the operator
   * @param onServing called once, when the first request would be answered
   */
  Supervisor(
      List<ChildSpec> specs,
      Surroundings surroundings,
      GatewayProbe probe,
      Consumer<String> progress,
      Runnable onServing) {
    this.surroundings = surroundings;
    this.probe = probe;
    this.progress = progress;
    this.onServing = onServing;
    specs.forEach(spec -> slots.add(new Slot(spec)));
  }

  /** A signal arrived; the second one ends everything at once. */
  void signal(String name) {
    if (stopping) {
      killAll();
    }
    events.add(new Event.Signalled(name));
  }

  /** Whether everything is on its way out. */
  boolean isStopping() {
    return stopping;
  }

  /** Runs until a signal or a fault that starting again does not cure; everything is gone then. */
  ExitCode run() throws IOException, InterruptedException {
    try {
      return supervise();
    } finally {
      stopAll();
    }
  }

  private ExitCode supervise() throws IOException, InterruptedException {
    while (true) {
      startDue();
      Event event = events.poll(patienceMs(), TimeUnit.MILLISECONDS);
      ExitCode end =
          switch (event) {
            case null -> null;
            case Event.Died died -> died(died.child());
            case Event.Signalled signalled -> interrupted(signalled.name());
          };
      if (end != null) {
        return end;
      }
      if (!ready) {
        look();
      }
    }
  }

  private long patienceMs() {
    if (!ready) {
      return PROBE_EVERY_MS;
    }
    long now = nowMs();
    return slots.stream()
        .filter(slot -> slot.child == null)
        .mapToLong(slot -> Math.max(1, slot.startAtMs - now))
        .min()
        .orElse(TimeUnit.HOURS.toMillis(1));
  }

  private void startDue() throws IOException {
    boolean started = false;
    for (Slot slot : slots) {
      if (slot.child == null && slot.startAtMs <= nowMs()) {
        Path output = surroundings.folder().logs().resolve(slot.spec.name() + ".out");
        slot.child =
            Child.start(
                slot.spec,
                surroundings.launcher(),
                surroundings.environment(),
                output,
                child -> events.add(new Event.Died(child)));
        slot.identity = slot.child.identity();
        progress.accept(
            slot.spec.name() + " started (process " + slot.child.identity().pid() + ")");
        started = true;
      }
    }
    if (started) {
      writeState();
    }
  }

  private @Nullable ExitCode died(Child child) throws IOException {
    Slot slot = slots.stream().filter(s -> s.child == child).findFirst().orElseThrow();
    slot.child = null;
    ready = false;
    loading.reset();
    String what = child.spec().name() + " " + child.ending();
    if (isFinal(child)) {
      child.lastWords().ifPresent(progress);
      progress.accept(what + "; starting it again would not help");
      return exitCode(child.status());
    }
    OptionalLong delayMs = slot.policy.afterDeath(child.ageMs());
    if (delayMs.isEmpty()) {
      child.lastWords().ifPresent(progress);
      progress.accept(what + "; given up after " + RestartPolicy.MOST_DEATHS + " starts");
      return ExitCode.FAILED;
    }
    progress.accept(what + "; starting it again");
    slot.startAtMs = nowMs() + delayMs.getAsLong();
    writeState();
    return null;
  }

  /** Whether its exit status says that nothing will change: usage, memory, a bad model. */
  private boolean isFinal(Child child) {
    EnumSet<ExitCode> hopeless =
        EnumSet.of(ExitCode.USAGE, ExitCode.DOES_NOT_FIT, ExitCode.BAD_MODEL);
    if (!announced) {
      hopeless.add(ExitCode.TAKEN);
    }
    return hopeless.stream().anyMatch(code -> code.number() == child.status());
  }

  private static ExitCode exitCode(int status) {
    for (ExitCode code : ExitCode.values()) {
      if (code.number() == status) {
        return code;
      }
    }
    return ExitCode.FAILED;
  }

  private ExitCode interrupted(String signal) {
    progress.accept("Stopping (" + signal + "); again to stop at once");
    return signal.equals(Signals.INTERRUPT) ? ExitCode.INTERRUPTED : ExitCode.OK;
  }

  private void look() throws IOException {
    GatewayProbe.Health health = probe.probe();
    if (!health.ready()) {
      loading.next(health.progress(), nowMs()).ifPresent(progress);
    }
    boolean complete = slots.stream().allMatch(slot -> slot.child != null);
    if (!health.ready() || !complete) {
      return;
    }
    ready = true;
    if (announced) {
      progress.accept("Serving again");
      return;
    }
    announced = true;
    phase = InstanceState.SERVING;
    writeState();
    onServing.run();
  }

  private void writeState() throws IOException {
    Map<String, ProcessIdentity> processes = new LinkedHashMap<>();
    for (Slot slot : slots) {
      if (slot.identity != null) {
        processes.put(slot.spec.name(), slot.identity);
      }
    }
    surroundings
        .folder()
        .write(
            new InstanceState(
                phase,
                surroundings.url(),
                surroundings.aeronDir(),
                ProcessIdentity.self(),
                processes));
  }

  private void stopAll() throws IOException, InterruptedException {
    stopping = true;
    phase = InstanceState.STOPPING;
    writeState();
    for (ChildSpec.Kind kind : ChildSpec.Kind.values()) {
      List<Child> children = alive(kind);
      children.forEach(Child::stop);
      long deadline = nowMs() + surroundings.stopMs();
      for (Child child : children) {
        if (!child.awaitEnd(Math.max(0, deadline - nowMs()))) {
          progress.accept(child.spec().name() + " did not stop in time; killed");
          child.kill();
          child.awaitEnd(KILL_MS);
        }
      }
    }
  }

  private List<Child> alive(ChildSpec.Kind kind) {
    List<Child> children = new ArrayList<>();
    for (Slot slot : slots) {
      if (slot.child != null && slot.spec.kind() == kind && slot.child.isAlive()) {
        children.add(slot.child);
      }
    }
    return children;
  }

  private void killAll() {
    for (Slot slot : slots) {
      Child child = slot.child;
      if (child != null) {
        child.kill();
      }
    }
  }

  private static long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }
}
